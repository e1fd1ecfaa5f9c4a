#include "simulation/comparison_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/regret_plot.h"
#include "simulation/replication.h"

namespace mab::simulation {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ComparisonTest : public ::testing::Test {
 protected:
  ComparisonTest() {
    scenario_.rates = {0.05, 0.06};
    scenario_.visitors_per_day = 500;
    scenario_.days = 4;
    scenario_.update_seconds = 86'400;
    scenario_.checkpoints_days = EqualCheckpoints(4, 8);
    for (const SimulatedPolicy policy : {SimulatedPolicy::kThompson, SimulatedPolicy::kUniform}) {
      scenario_.policy = policy;
      results_.push_back({policy, Summarize(scenario_, Replicate(scenario_, 5, 1))});
    }
  }

  Scenario scenario_;
  std::vector<PolicyResult> results_;
};

TEST_F(ComparisonTest, TextSaysWhatWasSimulatedAndHasARowAPolicy) {
  const std::string text = ComparisonText(scenario_, results_);
  EXPECT_THAT(text, StartsWith("Rates 0.05, 0.06; 500 visitors a day for 4 days; 5 runs, seed 1."));
  EXPECT_THAT(text,
              AllOf(HasSubstr("\nthompson "), HasSubstr("\nuniform "), HasSubstr("wrong winner"),
                    HasSubstr("best arm (0.06)"), Not(HasSubstr("inf")), Not(HasSubstr("nan"))));
}

TEST_F(ComparisonTest, TextCountsOneOfEach) {
  scenario_.visitors_per_day = 1;
  scenario_.days = 1;
  EXPECT_THAT(ComparisonText(scenario_, results_), HasSubstr("; 1 visitor a day for 1 day; "));
}

TEST_F(ComparisonTest, TextNamesTheFirstOfManyRates) {
  scenario_.rates = std::vector<double>(40, 0.25);
  for (PolicyResult& result : results_) result.summary.posterior_bias.resize(40);
  EXPECT_THAT(ComparisonText(scenario_, results_), HasSubstr("0.25, … (40 arms)"));
}

TEST_F(ComparisonTest, PlotStandsAlone) {
  const std::string svg = RegretPlot(scenario_, results_);
  EXPECT_THAT(svg, AllOf(StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""),
                         HasSubstr("<polyline"), HasSubstr("<polygon"), HasSubstr(">thompson "),
                         HasSubstr(">uniform "), HasSubstr(">days<"),
                         HasSubstr(">conversions lost<"), ::testing::EndsWith("</svg>\n")));
  EXPECT_THAT(svg, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("href")), Not(HasSubstr("nan")),
                         Not(HasSubstr("inf"))));
}

TEST_F(ComparisonTest, PlotOfNoRegretHasAxes) {
  scenario_.rates = {0.05, 0.05};
  scenario_.policy = SimulatedPolicy::kUniform;
  const std::vector<PolicyResult> results = {
      {scenario_.policy, Summarize(scenario_, Replicate(scenario_, 3, 1))}};
  EXPECT_THAT(RegretPlot(scenario_, results), AllOf(HasSubstr(">0.2<"), Not(HasSubstr("nan"))));
}

}  // namespace
}  // namespace mab::simulation
