// The draw: which arm a user gets at a version. Deterministic: the random streams are counter-based
// and keyed by (user, salt, version), so any replica at any time draws the same.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/user_hash.h"

namespace mab::bandit {

// The index of the arm that `user` draws at `version`; its propensity is
// version.arms[index].allocation. Stream 1 is the floor's coin and uniform choice (and the
// inverse-CDF choices of kFixed and kTopTwoThompson), stream 2 + i draws arm i's Beta; the largest
// wins. REQUIRES: IsDrawable(version).
size_t Draw(const DrawVersion& version, const UserHash& user);

// Which of the draw's rules decided.
enum class DrawPath {
  // By the weights.
  kWeights,
  // The floor's coin: all eligible arms alike.
  kFloor,
  // The largest draw.
  kLargestDraw,
  // Top-two: the second coin fell for the arm of the largest draw, or for a challenger of it.
  kTopTwoLeader,
  kTopTwoChallenger,
};

// The steps of a draw. What a path does not use is nullopt.
struct DrawExplanation {
  size_t arm = 0;  // as Draw
  DrawPath path = DrawPath::kLargestDraw;
  // Uniforms of stream 1 on [0, 1). The floor decides where its coin is less than floor_mass, the
  // eligible arms times the floor.
  std::optional<double> floor_coin;
  std::optional<double> floor_mass;
  // The leader is served where this is less than kTopTwoLeaderShare (allocation.h).
  std::optional<double> leader_coin;
  // The inverse CDF of the weights, of equal shares or of the challengers' was taken at this.
  std::optional<double> choice;
  // The arm of the largest draw.
  std::optional<size_t> largest_draw;
  // By arm: the odds θ/(1 − θ) of the rate θ that was drawn from its posterior. The rate itself may
  // round to 1.
  std::vector<std::optional<double>> odds;
};

// The same draw by the same code, step by step. REQUIRES: IsDrawable(version).
DrawExplanation ExplainDraw(const DrawVersion& version, const UserHash& user);

bool IsKnownSampler(uint32_t sampler_id);

// There is something to draw, and this build can: at least one eligible arm, parameters from 0.1 to
// 1e12, finite shares, and a sampler that it knows. Every version that was ever published is; one
// whose row was altered by hand may not be.
bool IsDrawable(const DrawVersion& version);

// Uniform on [0, 1), the same for a user in an experiment whatever the version: he takes part when
// it is less than the experiment's traffic share.
double TrafficShareUniform(const Salt& salt, const UserHash& user);

}  // namespace mab::bandit
