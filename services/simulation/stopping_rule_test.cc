#include "simulation/stopping_rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bandit/best_arm.h"
#include "bandit/value_remaining.h"
#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

std::optional<SimulatedVerdict> LookAt(const StoppingRule& rule,
                                       const std::vector<bandit::Posterior>& posteriors,
                                       double days = 20, uint64_t exposures = 1'000,
                                       bool rate_swings = false) {
  const std::vector<uint64_t> all_exposures(posteriors.size(), exposures);
  double microseconds = 0;
  return LookForVerdict(rule,
                        {.days = days,
                         .exposures = all_exposures,
                         .posteriors = posteriors,
                         .rate_swings = rate_swings},
                        microseconds);
}

// As the product decides, with nothing left out.
bandit::Verdict WholeVerdict(const StoppingRule& rule,
                             const std::vector<bandit::Posterior>& posteriors) {
  const bandit::BestArm best = bandit::ComputeBestArm(posteriors);
  bandit::VerdictInput input;
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    const bandit::Posterior& p = posteriors[arm];
    input.arms.push_back({.exposures = 1'000,
                          .probability_best = best.probability_best[arm],
                          .expected_loss = best.expected_loss[arm],
                          .mean = p.mean()});
  }
  input.value_remaining = bandit::ValueRemaining(posteriors, bandit::LeaderOf(input.arms), 0.95);
  input.threshold_of_caring = rule.threshold_of_caring;
  input.span_seconds = 20 * bandit::kDaySeconds;
  return bandit::DecideVerdict(input);
}

TEST(StoppingRuleTest, SaysWhatTheVerdictOfTheProductSays) {
  bandit::RandomStream stream = MakeRunStream(20'265, 0, kEnvironmentStream);
  StoppingRule rule;
  rule.threshold_of_caring = 0.002;
  int verdicts = 0;
  for (int example = 0; example < 120; ++example) {
    std::vector<bandit::Posterior> posteriors;
    const size_t arms = example % 3 == 0 ? 2 : (example % 3 == 1 ? 6 : 40);
    const double spread = std::pow(10.0, -3 * stream.NextUniform());
    for (size_t arm = 0; arm < arms; ++arm) {
      const double trials = std::pow(10.0, 2 + 5 * stream.NextUniform());
      const double rate = 0.05 * (1 + spread * stream.NextUniform());
      posteriors.push_back({1 + trials * rate, 1 + trials * (1 - rate)});
    }
    const bandit::Verdict whole = WholeVerdict(rule, posteriors);
    const auto found = LookAt(rule, posteriors);
    const bool concludes = whole.code == bandit::VerdictCode::kLeaderClear ||
                           whole.code == bandit::VerdictCode::kNoDifference ||
                           whole.code == bandit::VerdictCode::kValueExhausted;
    ASSERT_EQ(found.has_value(), concludes) << example;
    if (!concludes) continue;
    ++verdicts;
    EXPECT_EQ(found->code, whole.code) << example;
    EXPECT_EQ(found->leader, whole.leader) << example;
    EXPECT_EQ(found->complete, whole.winner.has_value()) << example;
  }
  EXPECT_GT(verdicts, 20);
  EXPECT_LT(verdicts, 100);
}

TEST(StoppingRuleTest, WaitsForADayWhateverTheRule) {
  const std::vector<bandit::Posterior> clear = {{100, 900}, {200, 800}};
  EXPECT_FALSE(LookAt({}, clear, 0.99).has_value());
  EXPECT_TRUE(LookAt({}, clear, 1).has_value());
}

TEST(StoppingRuleTest, WaitsForDaysExposuresAndAWeekOfSwings) {
  const std::vector<bandit::Posterior> clear = {{100, 900}, {200, 800}};
  StoppingRule rule;
  EXPECT_TRUE(LookAt(rule, clear, 1).has_value());
  rule.days_min = 14;
  EXPECT_FALSE(LookAt(rule, clear, 13.9).has_value());
  EXPECT_TRUE(LookAt(rule, clear, 14).has_value());
  rule = {};
  rule.minimum_exposures = 1'001;
  EXPECT_FALSE(LookAt(rule, clear, 20, 1'000).has_value());
  EXPECT_TRUE(LookAt(rule, clear, 20, 1'001).has_value());
  rule = {};
  EXPECT_FALSE(LookAt(rule, clear, 6.9, 1'000, true).has_value());
  EXPECT_TRUE(LookAt(rule, clear, 7, 1'000, true).has_value());
}

TEST(StoppingRuleTest, ValueRemainingStopsAtTheLeaderOrWhenLittleIsLeft) {
  StoppingRule rule;
  rule.kind = RuleKind::kValueRemaining;
  const auto clear = LookAt(rule, {{200, 800}, {100, 900}});
  ASSERT_TRUE(clear.has_value());
  EXPECT_EQ(clear->code, bandit::VerdictCode::kLeaderClear);
  EXPECT_EQ(clear->leader, 0u);
  EXPECT_FALSE(LookAt(rule, {{105, 900}, {100, 900}}).has_value());
  const auto exhausted = LookAt(rule, {{1'000'000, 9'000'000}, {1'000'100, 9'000'000}});
  ASSERT_TRUE(exhausted.has_value());
  EXPECT_EQ(exhausted->code, bandit::VerdictCode::kValueExhausted);
}

TEST(StoppingRuleTest, NamesWhatIsOutsideItsLimits) {
  StoppingRule rule;
  rule.look_days = 0;
  rule.days_min = -1;
  rule.minimum_exposures = 1'000'000'001;
  rule.threshold_of_caring = 0;
  Violations violations;
  CheckStoppingRule(rule, violations);
  EXPECT_EQ(ErrorViolations(violations.ToStatus()).size(), 4u);
}

}  // namespace
}  // namespace mab::simulation
