#include "simulation/stopping_rule.h"

#include <algorithm>
#include <cmath>

#include "bandit/best_arm.h"
#include "simulation/contenders.h"

namespace mab::simulation {
namespace {

constexpr double kSecondsPerDay = 86'400;

double Mean(const bandit::Posterior& posterior) {
  return posterior.alpha / (posterior.alpha + posterior.beta);
}

// Two standard deviations above the mean.
double Optimistic(const bandit::Posterior& posterior) {
  const double mean = Mean(posterior);
  return mean + 2 * std::sqrt(mean * (1 - mean) / (posterior.alpha + posterior.beta + 1));
}

// Of one quadrature of P(best), by measurement.
double QuadratureMicroseconds(size_t arms) {
  const double count = static_cast<double>(arms);
  return 80 * count + 1.2 * count * count;
}

bandit::VerdictInput InputOf(const StoppingRule& rule, const Look& look, double& microseconds) {
  const std::vector<size_t> contenders = Contenders(look.posteriors);
  const bandit::BestArm best = ComputeBestContender(look.posteriors, contenders);
  microseconds += QuadratureMicroseconds(contenders.size());
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

// Whether no verdict is possible for the loss of every arm is above the threshold, by bounds that
// cost little: the loss of an arm is at least the loss in a comparison with any one other arm, and
// at least the difference of the means. All rules that conclude need a leader whose loss is within
// the threshold.
bool LossesExceedThreshold(const StoppingRule& rule, const Look& look, double& microseconds) {
  const std::vector<bandit::Posterior>& posteriors = look.posteriors;
  if (posteriors.size() < 3) return false;  // The comparison would be of all arms.
  size_t top = 0;
  for (size_t arm = 1; arm < posteriors.size(); ++arm) {
    if (Mean(posteriors[arm]) > Mean(posteriors[top])) top = arm;
  }
  size_t rival = top == 0 ? 1 : 0;
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    if (arm != top && Optimistic(posteriors[arm]) > Optimistic(posteriors[rival])) rival = arm;
  }
  // EffectiveThreshold grows with the leader's mean, which is at most the top's.
  const double threshold =
      bandit::EffectiveThreshold(rule.threshold_of_caring, Mean(posteriors[top]));
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    if (Mean(posteriors[top]) - Mean(posteriors[arm]) > threshold) continue;
    const size_t other = arm == top ? rival : top;
    microseconds += QuadratureMicroseconds(2);
    const bandit::BestArm pair = bandit::ComputeBestArm({posteriors[arm], posteriors[other]});
    if (pair.expected_loss[0] <= threshold) return false;
  }
  return true;
}

std::optional<SimulatedVerdict> LookByVerdict(const StoppingRule& rule, const Look& look,
                                              double& microseconds) {
  if (LossesExceedThreshold(rule, look, microseconds)) return std::nullopt;
  bandit::VerdictInput input = InputOf(rule, look, microseconds);
  // Value remaining is the dearest of the numbers and decides last: 1 stands for one that is not
  // small.
  input.value_remaining = 1;
  const bandit::Verdict verdict = bandit::DecideVerdict(input);
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

std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, const Look& look,
                                               double& microseconds) {
  if (look.days < rule.days_min ||
      *std::min_element(look.exposures.begin(), look.exposures.end()) < rule.minimum_exposures) {
    return std::nullopt;
  }
  return LookByVerdict(rule, look, microseconds);
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
