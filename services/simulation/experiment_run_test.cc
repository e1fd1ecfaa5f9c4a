#include "simulation/experiment_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "simulation/replication.h"
#include "simulation/run_summary.h"

namespace mab::simulation {
namespace {

// 4.9 standard errors: an error rate of 1e-6.
constexpr double kErrors = 4.9;
constexpr uint64_t kSeed = 20'266;

Scenario TwoArms() {
  Scenario scenario;
  scenario.rates = {0.1, 0.15};
  scenario.visitors_per_day = 1'000;
  scenario.days = 10;
  scenario.checkpoints_days = {1, 5, 10};
  scenario.seed = kSeed;
  return scenario;
}

uint64_t Exposures(const RunOutcome& outcome) {
  return std::accumulate(outcome.exposures.begin(), outcome.exposures.end(), uint64_t{0});
}

TEST(ExperimentRunTest, IsTheSameForTheSameSeedAndRun) {
  const Scenario scenario = TwoArms();
  Scenario other_seed = scenario;
  other_seed.seed = kSeed + 1;
  const RunOutcome outcome = RunExperiment(scenario, 7);
  EXPECT_EQ(RunExperiment(scenario, 7).regret, outcome.regret);
  EXPECT_NE(RunExperiment(scenario, 8).regret, outcome.regret);
  EXPECT_NE(RunExperiment(other_seed, 7).regret, outcome.regret);
  EXPECT_EQ(Replicate(scenario, 8, 1)[7].regret, Replicate(scenario, 8, 3)[7].regret);
}

TEST(ExperimentRunTest, ServesEveryVisitorOnce) {
  for (const double update : {0.5, 60.0, 3'600.0, 86'400.0, 40'000.0}) {
    Scenario scenario = TwoArms();
    scenario.update_seconds = update;
    EXPECT_EQ(Exposures(RunExperiment(scenario, 0)), 10'000u) << update;
  }
  Scenario scenario = TwoArms();
  scenario.update_growth = 0.3;
  EXPECT_EQ(Exposures(RunExperiment(scenario, 0)), 10'000u);
  scenario.visitors_per_day = 0.25;
  EXPECT_EQ(Exposures(RunExperiment(scenario, 0)), 2u);
}

TEST(ExperimentRunTest, CountsRegretAndGainByTheTrueRates) {
  const RunOutcome outcome = RunExperiment(TwoArms(), 0);
  const double worse = static_cast<double>(outcome.exposures[0]);
  const double better = static_cast<double>(outcome.exposures[1]);
  EXPECT_NEAR(outcome.final_regret, 0.05 * worse, 1e-9);
  EXPECT_NEAR(outcome.gain, 0.025 * (better - worse), 1e-9);
  EXPECT_EQ(outcome.regret.back(), outcome.final_regret);
  EXPECT_LE(outcome.regret[0], outcome.regret[1]);
}

TEST(ExperimentRunTest, RegretBetweenUpdatesIsInterpolated) {
  Scenario scenario = TwoArms();
  scenario.update_seconds = 10 * 86'400;
  const RunOutcome outcome = RunExperiment(scenario, 0);
  EXPECT_NEAR(outcome.regret[0], outcome.final_regret / 10, 1e-9);
  EXPECT_NEAR(outcome.regret[1], outcome.final_regret / 2, 1e-9);
}

// A z-test with an error rate of 1e-6 each.
TEST(ExperimentRunTest, EnginesAgree) {
  Scenario scenario = TwoArms();
  scenario.update_seconds = 8 * 3'600;
  scenario.floor = 0.02;
  scenario.engine = Engine::kPerVisitor;
  const RunSummary draws = Summarize(scenario, Replicate(scenario, 300, 2));
  for (const Engine engine : {Engine::kBatched, Engine::kAutomatic, Engine::kSampled}) {
    scenario.engine = engine;
    scenario.seed = kSeed + 1;
    const RunSummary other = Summarize(scenario, Replicate(scenario, 300, 2));
    EXPECT_NEAR(other.regret.mean, draws.regret.mean,
                kErrors * std::hypot(other.regret.standard_error, draws.regret.standard_error))
        << "seed " << kSeed;
  }
}

TEST(ExperimentRunTest, DayAndNightCancelOverWholeDays) {
  Scenario scenario = TwoArms();
  scenario.swing = 0.8;
  scenario.policy = SimulatedPolicy::kUniform;
  scenario.visitors_per_day = 100'000;
  const RunSummary summary = Summarize(scenario, Replicate(scenario, 20, 2));
  for (const Estimate& bias : summary.sample_bias) {
    EXPECT_NEAR(bias.mean, 0, kErrors * bias.standard_error + 1e-6) << "seed " << kSeed;
  }
  EXPECT_NEAR(summary.regret.mean, 0.025 * 1e6, kErrors * summary.regret.standard_error);
}

TEST(ExperimentRunTest, StopsAtItsVerdictWhereItIsTold) {
  Scenario scenario = TwoArms();
  scenario.stopping.minimum_exposures = 100;
  const RunOutcome whole = RunExperiment(scenario, 1);
  ASSERT_TRUE(whole.verdict.has_value());
  EXPECT_EQ(Exposures(whole), 10'000u);
  EXPECT_EQ(whole.verdict_days, std::floor(whole.verdict_days));
  scenario.stop_at_verdict = true;
  const RunOutcome stopped = RunExperiment(scenario, 1);
  ASSERT_TRUE(stopped.verdict.has_value());
  EXPECT_EQ(stopped.verdict_days, whole.verdict_days);
  EXPECT_EQ(Exposures(stopped), static_cast<uint64_t>(1'000 * whole.verdict_days));
  EXPECT_EQ(stopped.regret.size(), 3u);
}

TEST(ExperimentRunTest, BurnInIsServedEqually) {
  Scenario scenario = TwoArms();
  scenario.burn_in_exposures = 1'000'000;
  scenario.visitors_per_day = 100'000;
  scenario.update_seconds = 86'400;
  const RunOutcome outcome = RunExperiment(scenario, 0);
  EXPECT_NEAR(static_cast<double>(outcome.exposures[0]), 5e5, kErrors * 500) << "seed " << kSeed;
}

// Weighting pending exposures by the share that has shown costs less than counting them as
// failures, and that less than waiting. The differences are 5 to 10 standard errors.
TEST(ExperimentRunTest, WeightingPendingExposuresCostsLeast) {
  Scenario scenario;
  scenario.rates = {0.05, 0.06};
  scenario.visitors_per_day = 20'000;
  scenario.days = 1;
  scenario.update_seconds = 864;
  scenario.delay = {.kind = DelayKind::kExponential, .mean_seconds = 4'320};
  scenario.conversion_window_seconds = 17'280;
  scenario.checkpoints_days = {1};
  scenario.engine = Engine::kPerVisitor;
  scenario.seed = kSeed;
  const auto regret = [&](PendingTreatment pending) {
    scenario.pending = pending;
    return Summarize(scenario, Replicate(scenario, 150, 2)).regret.mean;
  };
  const double weighted = regret(PendingTreatment::kWeighted);
  EXPECT_LT(weighted, 0.9 * regret(PendingTreatment::kFailure)) << "seed " << kSeed;
  EXPECT_LT(weighted, 0.9 * regret(PendingTreatment::kWaitForWindow)) << "seed " << kSeed;
}

}  // namespace
}  // namespace mab::simulation
