#include "simulation/progress_meter.h"

#include <gtest/gtest.h>

#include "simulation/replication.h"

namespace mab::simulation {
namespace {

TEST(ProgressMeterTest, SpeaksOnceAnInterval) {
  ProgressMeter meter({"thompson", "ucb1"}, 3, 5);
  EXPECT_EQ(meter.CountRun(1), std::nullopt);
  EXPECT_EQ(meter.CountRun(6), "thompson (1 of 2): 2 of 3 runs");
  EXPECT_EQ(meter.CountRun(10.5), std::nullopt);
  EXPECT_EQ(meter.CountRun(11), "ucb1 (2 of 2): 1 of 3 runs");
  EXPECT_EQ(meter.CountRun(15.5), std::nullopt);
  EXPECT_EQ(meter.CountRun(99), "ucb1 (2 of 2): 3 of 3 runs");
}

TEST(ProgressMeterTest, CountsTheRunsOfAllThreads) {
  Scenario scenario;
  scenario.rates = {0.1, 0.2};
  scenario.days = 1;
  scenario.checkpoints_days = {1};
  ProgressMeter meter({"thompson"}, 21, 0.5);
  const auto outcomes = Replicate(scenario, 20, /*threads=*/4, [&] { meter.CountRun(0); });
  EXPECT_EQ(outcomes.size(), 20u);
  EXPECT_EQ(meter.CountRun(1), "thompson (1 of 1): 21 of 21 runs");
}

}  // namespace
}  // namespace mab::simulation
