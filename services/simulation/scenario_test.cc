#include "simulation/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mab::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Scenario Good() {
  Scenario scenario;
  scenario.rates = {0.1, 0.2};
  scenario.checkpoints_days = {30};
  return scenario;
}

std::vector<std::string> FieldsOf(const Scenario& scenario) {
  Violations violations;
  CheckScenario(scenario, violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(violations.ToStatus())) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ScenarioTest, TakesWhatIsAtTheLimits) {
  EXPECT_THAT(FieldsOf(Good()), ElementsAre());
  Scenario scenario = Good();
  scenario.rates = std::vector<double>(100, 1.0);
  scenario.rates[0] = 0;
  scenario.floor = 0.01;
  scenario.visitors_per_day = 1e8;
  scenario.days = 100;
  scenario.prior = {0.1, 1e6};
  scenario.burn_in_exposures = 1'000'000;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre());
}

TEST(ScenarioTest, NamesEveryFieldThatIsOutsideItsLimits) {
  Scenario scenario = Good();
  scenario.rates = {0.1, std::nan("")};
  scenario.swing = 1.1;
  scenario.visitors_per_day = 0;
  scenario.days = 0;
  scenario.conversion_window_seconds = 0.5;
  scenario.floor = 0.51;
  scenario.burn_in_exposures = 1'000'001;
  scenario.prior = {0.09, 1e6 + 1};
  scenario.weights = {1, -1};
  scenario.update_seconds = 0;
  scenario.update_growth = 2;
  scenario.checkpoints_days = {2, 1};
  EXPECT_THAT(FieldsOf(scenario),
              UnorderedElementsAre("rates[1]", "swing", "visitors_per_day", "days",
                                   "conversion_window_seconds", "floor", "burn_in_exposures",
                                   "prior.alpha", "prior.beta", "weights[1]", "update_seconds",
                                   "update_growth", "checkpoints_days"));
}

TEST(ScenarioTest, BoundsArmsVisitorsAndSwing) {
  Scenario scenario = Good();
  scenario.rates = {0.5};
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("rates"));
  scenario.rates = std::vector<double>(101, 0.5);
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("rates"));
  scenario = Good();
  scenario.visitors_per_day = 1e8;
  scenario.days = 101;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("days"));
  scenario = Good();
  scenario.rates = {0.6, 0.2};
  scenario.swing = 0.7;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("swing"));
  scenario = Good();
  scenario.weights = {0, 0};
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("weights"));
  scenario.weights = {1, 1, 1};
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("weights"));
}

TEST(ScenarioTest, BoundsIntervalsAndCohorts) {
  Scenario scenario = Good();
  scenario.days = 3'650;
  scenario.update_seconds = 3;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("update_seconds"));
  scenario.update_seconds = 4;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre());
  scenario.pending = PendingTreatment::kWaitForWindow;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("update_seconds"));
  scenario.update_seconds = 60.48;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre());
}

TEST(ScenarioTest, RefusesDelaysThatTheWindowCutsOffNearlyAll) {
  Scenario scenario = Good();
  scenario.delay = {.kind = DelayKind::kExponential, .mean_seconds = 31'536'000};
  scenario.conversion_window_seconds = 3'600;
  EXPECT_THAT(FieldsOf(scenario), ElementsAre("delay.mean_seconds"));
}

TEST(ScenarioTest, CheckpointsEndWithTheLastDay) {
  EXPECT_THAT(EqualCheckpoints(3, 3), ElementsAre(1, 2, 3));
  EXPECT_EQ(EqualCheckpoints(0.3, 7).back(), 0.3);
}

}  // namespace
}  // namespace mab::simulation
