#include "simulation/stopping_rule.h"

#include <algorithm>

#include "bandit/best_arm.h"

namespace mab::simulation {
namespace {

constexpr double kSecondsPerDay = 86'400;

double Mean(const bandit::Posterior& posterior) {
  return posterior.alpha / (posterior.alpha + posterior.beta);
}

bandit::VerdictInput InputOf(const StoppingRule& rule, const Look& look) {
  const bandit::BestArm best = bandit::ComputeBestArm(look.posteriors);
  bandit::VerdictInput input;
  for (size_t arm = 0; arm < look.posteriors.size(); ++arm) {
    input.arms.push_back({.exposures = look.exposures[arm],
                          .probability_best = best.probability_best[arm],
                          .expected_loss = best.expected_loss[arm],
                          .mean = Mean(look.posteriors[arm])});
  }
  input.threshold_of_caring = rule.threshold_of_caring;
  input.minimum_exposures = rule.minimum_exposures;
  input.span_seconds = look.days * kSecondsPerDay;
  input.rate_swings = look.rate_swings;
  return input;
}

std::optional<SimulatedVerdict> LookByVerdict(const StoppingRule& rule, const Look& look) {
  bandit::VerdictInput input = InputOf(rule, look);
  // Value remaining is the dearest of the numbers and decides last: 1 stands for one that is not
  // small.
  input.value_remaining = 1;
  bandit::Verdict verdict = bandit::DecideVerdict(input);
  SimulatedVerdict found;
  switch (verdict.code) {
    case bandit::VerdictCode::kLeaderClear:
    case bandit::VerdictCode::kNoDifference:
    case bandit::VerdictCode::kValueExhausted:
      return SimulatedVerdict{verdict.code, verdict.leader, verdict.winner.has_value()};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, const Look& look) {
  if (look.days < rule.days_min ||
      *std::min_element(look.exposures.begin(), look.exposures.end()) < rule.minimum_exposures) {
    return std::nullopt;
  }
  return LookByVerdict(rule, look);
}

void CheckStoppingRule(const StoppingRule& rule, Violations& violations) {
  if (!(rule.look_days > 0) || rule.look_days > 365) {
    violations.Add("stopping.look_days", "must be above 0 and at most 365");
  }
  if (!(rule.days_min >= 0) || rule.days_min > 3650) {
    violations.Add("stopping.days_min", "must be 0 to 3,650");
  }
  if (rule.minimum_exposures > 1'000'000'000) {
    violations.Add("stopping.minimum_exposures", "must be 0 to 1,000,000,000");
  }
  if (!(rule.threshold_of_caring > 0) || rule.threshold_of_caring > 1) {
    violations.Add("stopping.threshold_of_caring", "must be above 0 and at most 1");
  }
}

}  // namespace mab::simulation
