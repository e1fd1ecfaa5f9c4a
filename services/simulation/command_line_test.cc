#include "simulation/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mab::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Command Parsed(const std::vector<absl::string_view>& arguments) {
  absl::StatusOr<Command> command = ParseCommandLine(arguments, 2);
  EXPECT_TRUE(command.ok()) << command.status();
  return command.ok() ? *command : Command();
}

std::vector<std::string> OptionsOf(const std::vector<absl::string_view>& arguments) {
  const absl::StatusOr<Command> command = ParseCommandLine(arguments, 2);
  EXPECT_FALSE(command.ok());
  std::vector<std::string> options;
  for (const FieldViolation& violation : ErrorViolations(command.status())) {
    options.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  return options;
}

TEST(CommandLineTest, RatesAreEnough) {
  const Command command = Parsed({"--rates", "0.05,0.06"});
  EXPECT_EQ(command.kind, CommandKind::kSimulate);
  EXPECT_THAT(command.scenario.rates, ElementsAre(0.05, 0.06));
  EXPECT_EQ(command.policies.size(), 4u);
  EXPECT_EQ(command.runs, 1'000u);
  EXPECT_EQ(command.threads, 2);
  EXPECT_EQ(command.scenario.floor, 0.01);
  EXPECT_EQ(command.scenario.checkpoints_days.size(), 100u);
}

TEST(CommandLineTest, ReadsEveryOption) {
  const Command command = Parsed({"--rates=0.05,0.06",
                                  "--visitors-per-day",
                                  "200",
                                  "--days",
                                  "14",
                                  "--swing",
                                  "0.5",
                                  "--delay",
                                  "lognormal:2h:0.7",
                                  "--window",
                                  "3d",
                                  "--policy",
                                  "fixed,ucb1",
                                  "--weights",
                                  "2,1",
                                  "--floor",
                                  "0.05",
                                  "--burn-in",
                                  "100",
                                  "--prior",
                                  "2,30",
                                  "--pending",
                                  "wait",
                                  "--threshold-of-caring",
                                  "0.001",
                                  "--minimum-exposures",
                                  "50",
                                  "--look",
                                  "12h",
                                  "--stop-at-verdict",
                                  "--runs",
                                  "20",
                                  "--seed",
                                  "9",
                                  "--update",
                                  "10m",
                                  "--engine",
                                  "batched",
                                  "--jobs",
                                  "3",
                                  "--plot",
                                  "out.svg"});
  const Scenario& scenario = command.scenario;
  EXPECT_EQ(scenario.visitors_per_day, 200);
  EXPECT_EQ(scenario.days, 14);
  EXPECT_EQ(scenario.swing, 0.5);
  EXPECT_EQ(scenario.delay.kind, DelayKind::kLogNormal);
  EXPECT_EQ(scenario.delay.mean_seconds, 7'200);
  EXPECT_EQ(scenario.delay.sigma, 0.7);
  EXPECT_EQ(scenario.conversion_window_seconds, 259'200);
  EXPECT_THAT(command.policies, ElementsAre(SimulatedPolicy::kFixed, SimulatedPolicy::kUcb1));
  EXPECT_THAT(scenario.weights, ElementsAre(2, 1));
  EXPECT_EQ(scenario.floor, 0.05);
  EXPECT_EQ(scenario.burn_in_exposures, 100u);
  EXPECT_EQ(scenario.prior, (bandit::Posterior{2, 30}));
  EXPECT_EQ(scenario.pending, PendingTreatment::kWaitForWindow);
  EXPECT_EQ(scenario.stopping.threshold_of_caring, 0.001);
  EXPECT_EQ(scenario.stopping.minimum_exposures, 50u);
  EXPECT_EQ(scenario.stopping.look_days, 0.5);
  EXPECT_TRUE(scenario.stop_at_verdict);
  EXPECT_EQ(command.runs, 20u);
  EXPECT_EQ(scenario.seed, 9u);
  EXPECT_EQ(scenario.update_seconds, 600);
  EXPECT_EQ(scenario.engine, Engine::kBatched);
  EXPECT_EQ(command.threads, 3);
  EXPECT_EQ(command.plot_path, "out.svg");
}

TEST(CommandLineTest, NamesEveryOptionThatIsWrong) {
  EXPECT_THAT(OptionsOf({}), ElementsAre("--rates"));
  EXPECT_THAT(
      OptionsOf({"--rates",   "0.05,1.5", "--days",   "-1",    "--runs",   "1",
                 "--jobs",    "65",       "--policy", "best",  "--delay",  "gamma",
                 "--pending", "no",       "--engine", "steam", "--update", "soon",
                 "--effort",  "11",       "--plot",   ""}),
      UnorderedElementsAre("--rates[1]", "--days", "--runs", "--jobs", "--policy", "--delay",
                           "--pending", "--engine", "--update", "--effort", "--plot"));
  EXPECT_THAT(OptionsOf({"--rates", "0.05,x", "--visitors-per-day", "many", "--seed", "1.5"}),
              UnorderedElementsAre("--rates", "--visitors-per-day", "--seed"));
  EXPECT_THAT(
      OptionsOf({"--rates", "0.05,0.06", "--window", "0s", "--look", "400d", "--prior", "0.01,1",
                 "--floor", "0.6", "--threshold-of-caring", "0"}),
      UnorderedElementsAre("--window", "--look", "--prior", "--floor", "--threshold-of-caring"));
}

TEST(CommandLineTest, RefusesAPolicyThatIsNamedTwice) {
  const absl::Status status =
      ParseCommandLine({"--rates", "0.05,0.06", "--policy", "thompson,uniform,thompson"}, 2)
          .status();
  const std::vector<FieldViolation> violations = ErrorViolations(status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "--policy");
  EXPECT_EQ(violations[0].description, "names thompson twice");
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(OptionsOf({"--rates", "0.05,0.06", "--rate", "1"}),
              UnorderedElementsAre("--rate", "1"));
  EXPECT_THAT(OptionsOf({"--rates", "0.05,0.06", "--runs"}), ElementsAre("--runs"));
  EXPECT_THAT(OptionsOf({"--rates", "0.05,0.06", "--stop-at-verdict=yes"}),
              ElementsAre("--stop-at-verdict"));
}

TEST(CommandLineTest, HelpAndYardsticksNeedNoRates) {
  EXPECT_EQ(Parsed({"--help"}).kind, CommandKind::kHelp);
  EXPECT_EQ(Parsed({"--version"}).kind, CommandKind::kVersion);
  const Command command = Parsed({"--yardsticks", "--effort", "0.1", "--only", "Table 1"});
  EXPECT_EQ(command.kind, CommandKind::kYardsticks);
  EXPECT_EQ(command.effort, 0.1);
  EXPECT_EQ(command.only, "Table 1");
}

TEST(CommandLineTest, FloorOfManyArmsIsTheProducts) {
  std::string rates = "0.1";
  for (int i = 0; i < 19; ++i) rates += ",0.1";
  EXPECT_DOUBLE_EQ(Parsed({"--rates", rates}).scenario.floor, 0.005);
}

}  // namespace
}  // namespace mab::simulation
