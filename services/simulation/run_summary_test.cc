#include "simulation/run_summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mab::simulation {
namespace {

RunOutcome Outcome(double regret, std::optional<SimulatedVerdict> verdict, double days) {
  RunOutcome outcome;
  outcome.regret = {regret};
  outcome.final_regret = regret;
  outcome.gain = 10 - regret;
  outcome.verdict = verdict;
  outcome.verdict_days = days;
  outcome.exposures = {1, 1, 1};
  outcome.posterior_bias = {0, regret, 0};
  outcome.sample_bias = {0, 0, 0};
  return outcome;
}

TEST(RunSummaryTest, MeansHaveTheirStandardErrors) {
  const Estimate estimate = EstimateMean({1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(estimate.mean, 2.5);
  EXPECT_DOUBLE_EQ(estimate.standard_error, std::sqrt(5.0 / 3 / 4));
  EXPECT_EQ(EstimateMean({7}).standard_error, 0);
}

TEST(RunSummaryTest, QuantilesAreValues) {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(SortedQuantile(values, 0.1), 1);
  EXPECT_EQ(SortedQuantile(values, 0.5), 5);
  EXPECT_EQ(SortedQuantile(values, 0.9), 9);
  EXPECT_EQ(SortedQuantile(values, 0.91), 10);
  EXPECT_EQ(SortedQuantile({3}, 0.5), 3);
}

TEST(RunSummaryTest, TellsRightVerdictsFromWrongOnes) {
  Scenario scenario;
  scenario.rates = {0.0500, 0.0504, 0.04};
  scenario.stopping.threshold_of_caring = 0.0005;
  const SimulatedVerdict best = {bandit::VerdictCode::kLeaderClear, 1, true};
  const SimulatedVerdict as_good = {bandit::VerdictCode::kLeaderClear, 0, true};
  const SimulatedVerdict worse = {bandit::VerdictCode::kValueExhausted, 2, true};
  const SimulatedVerdict no_difference = {bandit::VerdictCode::kNoDifference, 1, false};
  const RunSummary summary =
      Summarize(scenario, {Outcome(1, best, 5), Outcome(2, as_good, 6), Outcome(3, worse, 7),
                           Outcome(4, no_difference, 8), Outcome(5, std::nullopt, 0)});
  EXPECT_EQ(summary.runs, 5u);
  EXPECT_DOUBLE_EQ(summary.share_winner, 0.6);
  EXPECT_DOUBLE_EQ(summary.share_no_difference, 0.2);
  EXPECT_DOUBLE_EQ(summary.share_undecided, 0.2);
  EXPECT_DOUBLE_EQ(summary.share_wrong_winner, 0.4);
  EXPECT_DOUBLE_EQ(summary.share_costly_winner, 0.2);
  EXPECT_DOUBLE_EQ(summary.share_missed_difference, 0.2);
  EXPECT_DOUBLE_EQ(summary.days.mean, 6.5);
  EXPECT_EQ(summary.days_p10, 5);
  EXPECT_EQ(summary.days_p50, 7);
  EXPECT_TRUE(std::isinf(summary.days_p90));
  EXPECT_DOUBLE_EQ(summary.regret.mean, 3);
  EXPECT_EQ(summary.regret_curve[0].lower, 1);
  EXPECT_DOUBLE_EQ(summary.posterior_bias[1].mean, 3);
  EXPECT_EQ(summary.gain_lower, 5);
  EXPECT_EQ(summary.gain_upper, 9);
}

TEST(RunSummaryTest, AlikeArmsHaveNoDifferenceToMiss) {
  Scenario scenario;
  scenario.rates = {0.05, 0.05, 0.0503};
  const RunSummary summary = Summarize(
      scenario, {Outcome(1, SimulatedVerdict{bandit::VerdictCode::kNoDifference, 0, false}, 5)});
  EXPECT_EQ(summary.share_missed_difference, 0);
}

}  // namespace
}  // namespace mab::simulation
