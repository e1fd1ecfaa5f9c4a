// The draw: which arm a user gets at a version. Deterministic: the random streams are counter-based and keyed by
// (user, salt, version), so any replica at any time draws the same.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>

#include "bandit/draw_version.h"
#include "bandit/user_hash.h"

namespace mab::bandit {

// The index of the arm that `user` draws at `version`; its propensity is version.arms[index].allocation.
// Stream 1 is the floor's coin and uniform choice (and the inverse-CDF choices of kFixed and kTopTwoThompson),
// stream 2 + i draws arm i's Beta; the largest wins.
// REQUIRES: at least one eligible arm, and version.sampler_id is one that this build knows (IsKnownSampler).
size_t Draw(const DrawVersion& version, const UserHash& user);

bool IsKnownSampler(uint32_t sampler_id);

// Uniform on [0, 1), the same for a user in an experiment whatever the version: he takes part when it is less than the
// experiment's traffic share.
double TrafficShareUniform(const Salt& salt, const UserHash& user);

}  // namespace mab::bandit
