#include "simulation/stopping_rule.h"

#include <algorithm>

#include "bandit/best_arm.h"

namespace mab::simulation {

std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, double days,
                                               const std::vector<uint64_t>& exposures,
                                               const std::vector<bandit::Posterior>& posteriors) {
  if (days < rule.days_min ||
      *std::min_element(exposures.begin(), exposures.end()) < rule.exposures_min) {
    return std::nullopt;
  }
  const bandit::BestArm best = bandit::ComputeBestArm(posteriors);
  const auto leader = std::max_element(best.probability_best.begin(), best.probability_best.end());
  SimulatedVerdict verdict;
  verdict.leader = static_cast<size_t>(leader - best.probability_best.begin());
  if (*leader >= rule.probability_best_min) return verdict;
  verdict.conclusion = Conclusion::kNoMeaningfulDifference;
  if (best.expected_loss[verdict.leader] <= rule.threshold_of_caring) return verdict;
  return std::nullopt;
}

void CheckStoppingRule(const StoppingRule& rule, Violations& violations) {
  if (!(rule.look_days > 0) || rule.look_days > 365) {
    violations.Add("stopping.look_days", "must be above 0 and at most 365");
  }
  if (!(rule.days_min >= 0) || rule.days_min > 3650) {
    violations.Add("stopping.days_min", "must be 0 to 3,650");
  }
  if (rule.exposures_min > 1'000'000'000) {
    violations.Add("stopping.exposures_min", "must be 0 to 1,000,000,000");
  }
  if (!(rule.probability_best_min > 0.5) || !(rule.probability_best_min < 1)) {
    violations.Add("stopping.probability_best_min", "must be above 0.5 and below 1");
  }
  if (!(rule.threshold_of_caring >= 0) || rule.threshold_of_caring > 1) {
    violations.Add("stopping.threshold_of_caring", "must be 0 to 1");
  }
  if (!(rule.value_remaining_max >= 0) || rule.value_remaining_max > 1) {
    violations.Add("stopping.value_remaining_max", "must be 0 to 1");
  }
}

}  // namespace mab::simulation
