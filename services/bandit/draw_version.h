// A version: everything that a draw reads, frozen. The same user at the same version draws the same
// variant, on any machine, at any time; so every assignment can be replayed from its version.
//
// Thread safety: a value type, immutable once published.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/uuid.h"

namespace mab::bandit {

// 16 random bytes of an experiment, the key of its random streams.
using Salt = std::array<uint8_t, 16>;

enum class Policy { kThompson, kTopTwoThompson, kFixed };

// Beta(alpha, beta), the distribution of a conversion rate. Both parameters are 0.1 to about 1e9.
struct Posterior {
  double alpha = 1;
  double beta = 1;
  double mean() const { return alpha / (alpha + beta); }
  friend bool operator==(const Posterior&, const Posterior&) = default;
};

struct DrawArm {
  VariantId variant_id;
  // Can be drawn: its variant is not disabled.
  bool eligible = true;
  Posterior posterior;
  // Share under kFixed; the eligible weights sum to 1.
  double weight = 0;
  // P(best) among the eligible arms; 0 for the others.
  double probability_best = 0;
  // The exact probability with which a new user gets this arm; 0 for arms that are not eligible.
  double allocation = 0;
  friend bool operator==(const DrawArm&, const DrawArm&) = default;
};

struct DrawVersion {
  // Unix milliseconds or the last one plus one: grows, and is never used twice. 0: not published
  // yet.
  uint64_t number = 0;
  Policy policy = Policy::kThompson;
  // The smallest allocation of an eligible arm, 0 to 1 / eligible arms. During burn-in 1 / eligible
  // arms.
  double floor = 0;
  Salt salt{};
  // Which algorithm turns random bits into Beta draws (kSamplerId of beta_sampler.h when it was
  // made).
  uint32_t sampler_id = 0;
  // By variant index: 2 to 100.
  std::vector<DrawArm> arms;
  friend bool operator==(const DrawVersion&, const DrawVersion&) = default;
};

}  // namespace mab::bandit
