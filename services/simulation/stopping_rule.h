// When a simulated experiment has its verdict: what production's verdict says of posteriors and exposures, looked at in
// regular intervals.
//
// Thread safety: value types and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bandit/draw_version.h"
#include "common/error.h"

namespace mab::simulation {

struct StoppingRule {
  // Between looks, in days: above 0, at most 365.
  double look_days = 1;
  // No verdict before. 0 to 3,650.
  double days_min = 0;
  // No verdict before each arm has as many. 0 to 1,000,000,000.
  uint64_t exposures_min = 0;
  // A leader is clear with P(best) of at least this: above 0.5, below 1.
  double probability_best_min = 0.95;
  // In conversion rate: with an expected loss of at most this there is no difference worth waiting for. 0 to 1; 0: never.
  double threshold_of_caring = 0;
  // The same of value remaining, relative. 0 to 1; 0: never.
  double value_remaining_max = 0;
};

enum class Conclusion { kLeaderClear, kNoMeaningfulDifference };

struct SimulatedVerdict {
  Conclusion conclusion = Conclusion::kLeaderClear;
  // The arm with the highest P(best).
  size_t leader = 0;
};

// The verdict after `days`, or none yet. REQUIRES: 2 to 100 posteriors, as many exposures.
std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, double days,
                                               const std::vector<uint64_t>& exposures,
                                               const std::vector<bandit::Posterior>& posteriors);

void CheckStoppingRule(const StoppingRule& rule, Violations& violations);

}  // namespace mab::simulation
