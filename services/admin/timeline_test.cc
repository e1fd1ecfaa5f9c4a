#include "admin/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/report.h"
#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

using storage::TimelineCell;
using storage::VersionShares;

// A Monday's midnight.
const absl::Time kMonday = absl::FromUnixSeconds(1'799'625'600);

class TimelineTest : public ::testing::Test {
 protected:
  TimelineTest() : experiment_(MakeTestExperiment("hero", 2, kMonday)) {
    experiment_.prior = {.alpha = 2, .beta = 3};
    experiment_.conversion_window_seconds = 3600;
  }
  Timeline Make(const std::vector<TimelineCell>& cells, const TimelineQuery& query = {.step = "1h"},
                const std::vector<VersionShares>& versions = {},
                const bandit::DelayDistribution& delays = {}) const {
    return MakeTimeline(experiment_, PlanTimeline(query, experiment_, std::nullopt, now_).value(),
                        cells, versions, delays, now_);
  }

  storage::Experiment experiment_;
  absl::Time now_ = kMonday + absl::Hours(4);
};

void ExpectInterval(const bandit::Interval& interval, double alpha, double beta) {
  const bandit::Interval expected = bandit::CredibleInterval({alpha, beta}, kCredibleLevel);
  EXPECT_EQ(interval.lower, expected.lower);
  EXPECT_EQ(interval.upper, expected.upper);
}

TEST_F(TimelineTest, AddsUpWhatEachVariantHasLearned) {
  const Timeline timeline = Make({{kMonday, 0, 100, 10},
                                  {kMonday, 1, 50, 1},
                                  {kMonday + absl::Hours(1), 0, 300, 20},
                                  {kMonday + absl::Hours(3), 1, 50, 2}});
  ASSERT_EQ(timeline.rows.size(), 4u);
  const VariantTimeline& first = timeline.rows[0].variants[0];
  EXPECT_EQ(first.exposures, 100u);
  EXPECT_EQ(first.conversions, 10u);
  EXPECT_EQ(first.cumulative_rate, 0.1);
  ExpectInterval(first.credible_interval, 2 + 10, 3 + 90);
  const VariantTimeline& second = timeline.rows[1].variants[0];
  EXPECT_EQ(second.exposures, 300u);
  EXPECT_EQ(second.cumulative_rate, 30.0 / 400);
  ExpectInterval(second.credible_interval, 2 + 30, 3 + 370);
  // Nothing happened: what was known stays.
  const VariantTimeline& third = timeline.rows[2].variants[0];
  EXPECT_EQ(third.exposures, 0u);
  EXPECT_EQ(third.cumulative_rate, 30.0 / 400);
  ExpectInterval(third.credible_interval, 2 + 30, 3 + 370);
  EXPECT_EQ(timeline.rows[3].variants[1].cumulative_rate, 3.0 / 100);
}

TEST_F(TimelineTest, BeginsWithThePrior) {
  const Timeline timeline = Make({});
  EXPECT_EQ(timeline.rows[0].variants[0].cumulative_rate, 0);
  ExpectInterval(timeline.rows[0].variants[0].credible_interval, 2, 3);
}

TEST_F(TimelineTest, CountsWhatWasBeforeTheFirstRow) {
  const Timeline timeline = Make({{std::nullopt, 0, 100, 10},
                                  {kMonday + absl::Hours(1), 0, 7, 1},
                                  {kMonday + absl::Hours(2), 0, 100, 30}},
                                 {.step = "1h", .start = kMonday + absl::Hours(2)});
  ASSERT_EQ(timeline.rows.size(), 2u);
  EXPECT_EQ(timeline.rows[0].variants[0].exposures, 100u);
  EXPECT_EQ(timeline.rows[0].variants[0].conversions, 30u);
  EXPECT_EQ(timeline.rows[0].variants[0].cumulative_rate, 41.0 / 207);
}

TEST_F(TimelineTest, CountsPendingExposuresByTheirAge) {
  experiment_.conversion_window_seconds = 86400;
  // Half of the conversions come within an hour, or a little more.
  const auto delays = bandit::DelayDistribution::Estimate(
      {{.age_seconds = 1e6, .delay_bucket = bandit::DelayBucket(1000), .conversions = 5000},
       {.age_seconds = 1e6, .delay_bucket = bandit::DelayBucket(40000), .conversions = 5000}},
      86400);
  const double share = delays.CompletedShare(3.5 * 3600);
  ASSERT_NEAR(share, 0.5, 0.05);
  const Timeline timeline = Make({{kMonday, 0, 100, 10}}, {.step = "1h"}, {}, delays);
  ExpectInterval(timeline.rows[0].variants[0].credible_interval, 2 + 10, 3 + 90 * share);
  EXPECT_EQ(timeline.rows[0].variants[0].cumulative_rate, 0.1);
}

TEST_F(TimelineTest, AgesACellByTheMiddleOfWhatHasPassedOfIt) {
  now_ = kMonday + absl::Hours(50) + absl::Seconds(40);
  experiment_.conversion_window_seconds = 86400 * 30;
  const bandit::DelayDistribution delays = bandit::DelayDistribution::Estimate({}, 86400 * 30);
  const TimelinePlan plan = PlanTimeline({.step = "6h"}, experiment_, std::nullopt, now_).value();
  const absl::Time last = now_ - absl::Seconds(40);
  ASSERT_EQ(plan.grid.LengthOf(kMonday), absl::Hours(6));
  ASSERT_EQ(plan.grid.LengthOf(last), absl::Minutes(1));
  const Timeline timeline =
      MakeTimeline(experiment_, plan, {{kMonday, 0, 10, 0}, {last, 1, 10, 0}}, {}, delays, now_);
  ExpectInterval(timeline.rows.back().variants[0].credible_interval, 2,
                 3 + 10 * delays.CompletedShare(47 * 3600 + 40));
  ExpectInterval(timeline.rows.back().variants[1].credible_interval, 2,
                 3 + 10 * delays.CompletedShare(20));
}

TEST_F(TimelineTest, NeverCountsMoreConversionsThanExposures) {
  const Timeline timeline = Make({{kMonday, 0, 2, 3}});
  EXPECT_EQ(timeline.rows[0].variants[0].cumulative_rate, 1);
}

TEST_F(TimelineTest, HasTheLastVersionBeforeTheEndOfEachRow) {
  const auto number = [](absl::Duration after) {
    return static_cast<uint64_t>(absl::ToUnixMillis(kMonday + after));
  };
  const Timeline timeline =
      Make({}, {.step = "1h"},
           {{number(absl::Hours(1)), {0.5, 0.5}, {0.25, 0.75}},
            {number(absl::Hours(4) - absl::Milliseconds(1)), {0.125, 0.875}, {0.1, 0.9}}});
  EXPECT_EQ(timeline.rows[0].version, 0u);
  EXPECT_FALSE(timeline.rows[0].variants[0].probability_best.has_value());
  EXPECT_FALSE(timeline.rows[0].variants[0].allocation.has_value());
  EXPECT_EQ(timeline.rows[1].version, number(absl::Hours(1)));
  EXPECT_EQ(timeline.rows[1].variants[1].probability_best, 0.5);
  EXPECT_EQ(timeline.rows[1].variants[1].allocation, 0.75);
  EXPECT_EQ(timeline.rows[2].version, number(absl::Hours(1)));
  EXPECT_EQ(timeline.rows[3].variants[1].allocation, 0.9);
}

// In the tables there may be anything.
TEST_F(TimelineTest, TakesVariantsThatTheExperimentDoesNotHaveForNothing) {
  const Timeline timeline = Make({{kMonday, 7, 100, 10}}, {.step = "1h"}, {{1, {1}, {1}}});
  EXPECT_EQ(timeline.rows[0].variants[0].allocation, 1);
  EXPECT_FALSE(timeline.rows[0].variants[1].allocation.has_value());
}

}  // namespace
}  // namespace mab::admin
