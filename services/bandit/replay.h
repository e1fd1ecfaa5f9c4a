// The proof of an assignment: from its version alone, the draw is made again and must give the
// variant and the propensity of record. Used by the lookup of one assignment and by the command
// that replays a whole experiment.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>

#include "bandit/draw_version.h"
#include "bandit/user_hash.h"

namespace mab::bandit {

enum class ReplayOutcome {
  kAgrees,
  // The draw gives another arm than the one of record.
  kOtherArm,
  // The same arm, but the version gave it another allocation than the propensity of record.
  kOtherPropensity,
  // There is nothing that could be drawn again (IsDrawable): an unknown sampler, or a version that
  // was never published like this.
  kNotDrawable,
};

// `arm` and `propensity` as on record; both may be anything. To the last bit.
ReplayOutcome Replay(const DrawVersion& version, const UserHash& user, size_t arm,
                     double propensity);

// The largest deviation of what the version stores from what its posteriors, weights and floor
// give: of probability_best from ComputeBestArm, and of allocation from ComputeAllocation. A
// version is as it was published when this is at most kVersionTolerance: the quadrature may be
// improved in its last digits. REQUIRES: IsDrawable(version).
double VersionDeviation(const DrawVersion& version);

inline constexpr double kVersionTolerance = 1e-12;

}  // namespace mab::bandit
