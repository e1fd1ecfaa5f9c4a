#include "simulation/stopping_rule.h"

#include <algorithm>
#include <cmath>

#include "bandit/best_arm.h"
#include "bandit/value_remaining.h"
#include "simulation/contenders.h"
#include "simulation/simulated_time.h"

namespace mab::simulation {
namespace {

// Value remaining takes as long as so many quadratures of P(best), by measurement.
constexpr double kValueQuadratures = 1.3;

// Two standard deviations above the mean.
double Optimistic(const bandit::Posterior& posterior) {
  const double mean = posterior.mean();
  return mean + 2 * std::sqrt(mean * (1 - mean) / (posterior.alpha + posterior.beta + 1));
}

// Of one quadrature of P(best), by measurement.
double QuadratureMicroseconds(size_t arms) {
  const double count = static_cast<double>(arms);
  return 80 * count + 1.2 * count * count;
}

bandit::VerdictInput InputOf(const StoppingRule& rule, const Look& look,
                             const bandit::BestArm& best) {
  bandit::VerdictInput input;
  for (size_t arm = 0; arm < look.posteriors.size(); ++arm) {
    input.arms.push_back({.exposures = look.exposures[arm],
                          .probability_best = best.probability_best[arm],
                          .expected_loss = best.expected_loss[arm],
                          .mean = look.posteriors[arm].mean()});
  }
  input.threshold_of_caring = rule.threshold_of_caring;
  input.minimum_exposures = rule.minimum_exposures;
  input.span_seconds = look.days * (1 + kTimeTolerance) * kSecondsPerDay;
  input.rate_swings = look.rate_swings;
  return input;
}

// Of the arms that can be the best; the others can't be better than the leader either.
double ValueRemainingOf(const std::vector<bandit::Posterior>& posteriors,
                        const std::vector<size_t>& contenders, size_t leader,
                        double& microseconds) {
  std::vector<bandit::Posterior> few;
  size_t position = 0;
  for (const size_t arm : contenders) {
    if (arm == leader) position = few.size();
    few.push_back(posteriors[arm]);
  }
  microseconds += kValueQuadratures * QuadratureMicroseconds(few.size());
  return bandit::ValueRemaining(few, position, bandit::kVerdictProbability);
}

// Whether no verdict is possible, for the loss of every arm is above the threshold, by bounds that
// cost little: the expected maximum of a few arms is at most that of all, and the loss of an arm is
// the expected maximum less its mean. All rules that conclude need a leader whose loss is within
// the threshold.
bool LossesExceedThreshold(const StoppingRule& rule, const Look& look, double& microseconds) {
  std::vector<bandit::Posterior> arms = look.posteriors;
  std::sort(arms.begin(), arms.end(), [](const bandit::Posterior& a, const bandit::Posterior& b) {
    return Optimistic(a) > Optimistic(b);
  });
  double greatest_mean = 0;
  for (const bandit::Posterior& arm : arms) greatest_mean = std::max(greatest_mean, arm.mean());
  // It grows with the leader's mean, which is at most the greatest.
  const double threshold = bandit::EffectiveThreshold(rule.threshold_of_caring, greatest_mean);
  for (const size_t few : {size_t{2}, size_t{8}, size_t{24}}) {
    if (few > arms.size() / 2) return false;
    const std::vector<bandit::Posterior> first(arms.begin(),
                                               arms.begin() + static_cast<ptrdiff_t>(few));
    microseconds += QuadratureMicroseconds(few);
    const double maximum = bandit::ComputeBestArm(first).expected_loss[0] + first[0].mean();
    if (maximum - greatest_mean > threshold) return true;
  }
  return false;
}

SimulatedVerdict Conclude(const bandit::Verdict& verdict) {
  return {verdict.code, verdict.leader, verdict.winner.has_value()};
}

std::optional<SimulatedVerdict> LookByVerdict(const StoppingRule& rule, const Look& look,
                                              double& microseconds) {
  if (LossesExceedThreshold(rule, look, microseconds)) return std::nullopt;
  const std::vector<size_t> contenders = Contenders(look.posteriors);
  microseconds += QuadratureMicroseconds(contenders.size());
  const bandit::BestArm best = ComputeBestContender(look.posteriors, contenders);
  bandit::VerdictInput input = InputOf(rule, look, best);
  // Value remaining is the dearest of the numbers and is asked for last: 1 stands for "not small".
  input.value_remaining = 1;
  bandit::Verdict verdict = bandit::DecideVerdict(input);
  if (verdict.code == bandit::VerdictCode::kUndecided &&
      input.arms[verdict.leader].expected_loss <= verdict.threshold) {
    input.value_remaining =
        ValueRemainingOf(look.posteriors, contenders, verdict.leader, microseconds);
    verdict = bandit::DecideVerdict(input);
  }
  switch (verdict.code) {
    case bandit::VerdictCode::kLeaderClear:
    case bandit::VerdictCode::kNoDifference:
    case bandit::VerdictCode::kValueExhausted:
      return Conclude(verdict);
    default:
      return std::nullopt;
  }
}

std::optional<SimulatedVerdict> LookByValueRemaining(const Look& look, double& microseconds) {
  const std::vector<size_t> contenders = Contenders(look.posteriors);
  microseconds += QuadratureMicroseconds(contenders.size());
  const bandit::BestArm best = ComputeBestContender(look.posteriors, contenders);
  const auto greatest =
      std::max_element(best.probability_best.begin(), best.probability_best.end());
  const size_t leader = static_cast<size_t>(greatest - best.probability_best.begin());
  if (*greatest >= bandit::kVerdictProbability) {
    return SimulatedVerdict{bandit::VerdictCode::kLeaderClear, leader, true};
  }
  const double value = ValueRemainingOf(look.posteriors, contenders, leader, microseconds);
  if (value >= bandit::kVerdictValueRemaining) return std::nullopt;
  return SimulatedVerdict{bandit::VerdictCode::kValueExhausted, leader, true};
}

}  // namespace

std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, const Look& look,
                                               double& microseconds) {
  if (look.days * (1 + kTimeTolerance) < rule.days_min ||
      *std::min_element(look.exposures.begin(), look.exposures.end()) < rule.minimum_exposures) {
    return std::nullopt;
  }
  if (rule.kind == RuleKind::kValueRemaining) return LookByValueRemaining(look, microseconds);
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
