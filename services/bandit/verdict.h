// What to do with an experiment, by documented rules: the code of the sentence that a report opens
// with. The simulator decides by the same rules, so that their error rates can be measured; it has
// no health checks, and knows whether the rate swings instead of finding it out.
//
// The rules, of which the first that holds decides. "The leader" is the enabled arm with the
// greatest probability of being best; "caring" is EffectiveThreshold().
//
//   kNothingToCompare  one arm alone is enabled                                  → kStop
//   kNoData            no exposures                                              → kKeepRunning
//   kDataSuspect       a health check of the data says stop                      → kCheckData
//   kTooEarly          an enabled arm that may still be best has fewer exposures
//                      than the minimum                                          → kKeepRunning
//   kWeekIncomplete    from the first hour of exposures to the last is less than
//                      a day, or less than a week where the rate swings with the
//                      hour                                                      → kKeepRunning
//   kLeaderClear       P(leader best) >= 0.95 and its expected loss <= caring    → kComplete
//   kNoDifference      the expected loss of every enabled arm <= caring          → kStop
//   kValueExhausted    the leader's expected loss <= caring, and with
//                      probability 0.95 the best arm is less than 1 % better     → kComplete
//   kUndecided         none of these                                             → kKeepRunning
//
// An arm may still be best where its P(best) is 0.001 or more: without a floor Thompson sampling
// hardly serves the others, and they would never have their minimum.
//
// 0.95 and 1 %: S. Scott, "Multi-armed bandit experiments in the online service economy" (2015).
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mab::bandit {

enum class VerdictCode {
  kNothingToCompare,
  kNoData,
  kDataSuspect,
  kTooEarly,
  kWeekIncomplete,
  kLeaderClear,
  kNoDifference,
  kValueExhausted,
  kUndecided,
};

enum class Recommendation { kKeepRunning, kComplete, kStop, kCheckData };

struct VerdictArm {
  bool enabled = true;
  uint64_t exposures = 0;
  double probability_best = 0;
  // E[max_j θ_j − θ_this], in conversion rate.
  double expected_loss = 0;
  // Of the posterior.
  double mean = 0;
};

struct VerdictInput {
  // At least one is enabled.
  std::vector<VerdictArm> arms;
  // The 0.95 quantile of (max_j θ_j − θ_leader)/θ_leader (value_remaining.h).
  double value_remaining = 0;
  // The difference in conversion rate that nobody would act on: above 0, at most 1.
  double threshold_of_caring = 0.0005;
  // Exposures of each enabled arm that may still be best before anything is concluded.
  uint64_t minimum_exposures = 0;
  // From the first exposure to the last.
  double span_seconds = 0;
  // The conversion rate differs between hours beyond chance.
  bool rate_swings = false;
  // A health check of the data says that the numbers may not mean what they seem to.
  bool data_suspect = false;
};

struct Verdict {
  VerdictCode code = VerdictCode::kNoData;
  Recommendation recommendation = Recommendation::kKeepRunning;
  // By index; the first of equals. Among enabled arms.
  size_t leader = 0;
  // The leader where the recommendation is kComplete.
  std::optional<size_t> winner;
  // The threshold that was applied, in conversion rate.
  double threshold = 0;
};

inline constexpr double kVerdictProbability = 0.95;
inline constexpr double kVerdictValueRemaining = 0.01;
inline constexpr double kVerdictContender = 0.001;
// Within less than a day it can't be seen whether the rate swings.
inline constexpr double kDaySeconds = 86400;
inline constexpr double kWeekSeconds = 7 * kDaySeconds;

// A threshold of caring that is more than a tenth of the leader's rate is one that was not thought
// of for such a rate (the default at one conversion in ten thousand would call everything alike
// from the start): a tenth is taken then.
double EffectiveThreshold(double threshold_of_caring, double leader_mean);

// The leader: the first enabled arm with the greatest probability_best. REQUIRES: one is enabled.
size_t LeaderOf(const std::vector<VerdictArm>& arms);

// REQUIRES: at least one enabled arm.
Verdict DecideVerdict(const VerdictInput& input);

}  // namespace mab::bandit
