#include "admin/timeline_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "admin/testing/test_experiment.h"
#include "common/error.h"
#include "storage/rollup_store.h"

namespace mab::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A Monday's midnight.
const absl::Time kMonday = absl::FromUnixSeconds(1'799'625'600);

class TimelinePlanTest : public ::testing::Test {
 protected:
  TimelinePlanTest() : experiment_(MakeTestExperiment("hero", 2, kMonday)) {}

  absl::StatusOr<TimelinePlan> Plan(const TimelineQuery& query = {}) const {
    return PlanTimeline(query, experiment_, extent_, now_);
  }
  TimelinePlan PlanOf(const TimelineQuery& query) const {
    absl::StatusOr<TimelinePlan> plan = Plan(query);
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.value_or(TimelinePlan{});
  }
  TimelinePlan OfStep(const std::string& step) const { return PlanOf({.step = step}); }
  void ExpectRefused(const TimelineQuery& query, const std::string& field,
                     const std::string& text) const {
    const absl::Status status = Plan(query).status();
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
    ASSERT_EQ(ErrorViolations(status).size(), 1u);
    EXPECT_EQ(ErrorViolations(status)[0].field, field);
    EXPECT_THAT(ErrorViolations(status)[0].description, HasSubstr(text));
  }

  storage::Experiment experiment_;
  std::optional<storage::TimelineExtent> extent_;
  absl::Time now_ = kMonday + absl::Hours(5) + absl::Minutes(59);
};

void ExpectRows(const TimelinePlan& plan, absl::Time first, absl::Time end, size_t count) {
  ASSERT_EQ(plan.rows.size(), count);
  EXPECT_EQ(plan.rows.front().start, first);
  EXPECT_EQ(plan.rows.back().end, end);
  for (size_t i = 1; i < count; ++i) EXPECT_EQ(plan.rows[i].start, plan.rows[i - 1].end);
}

TEST_F(TimelinePlanTest, TakesTheShortestStepOfAtMostFourHundredRows) {
  const auto step_after = [&](absl::Duration age) {
    now_ = kMonday + age;
    const TimelinePlan plan = PlanOf({});
    EXPECT_LE(plan.rows.size(), kTimelineRowsDefault);
    return plan.step;
  };
  EXPECT_EQ(step_after(absl::Minutes(1)), "1m");
  EXPECT_EQ(step_after(absl::Minutes(400)), "1m");
  EXPECT_EQ(step_after(absl::Minutes(401)), "5m");
  EXPECT_EQ(step_after(absl::Hours(90 * 24)), "6h");
  EXPECT_EQ(step_after(absl::Hours(365 * 24)), "1d");
  EXPECT_EQ(step_after(absl::Hours(6 * 365 * 24)), "7d");
}

TEST_F(TimelinePlanTest, RowsBeginAtWholeSteps) {
  experiment_.start_time = kMonday + absl::Hours(2) + absl::Minutes(7) + absl::Seconds(3);
  ExpectRows(OfStep("1m"), kMonday + absl::Minutes(127), kMonday + absl::Minutes(359), 232);
  ExpectRows(OfStep("15m"), kMonday + absl::Hours(2), kMonday + absl::Hours(6), 16);
  ExpectRows(OfStep("1h"), kMonday + absl::Hours(2), kMonday + absl::Hours(6), 4);
  ExpectRows(OfStep("6h"), kMonday, kMonday + absl::Hours(6), 1);
  ExpectRows(OfStep("7d"), kMonday, kMonday + absl::Hours(168), 1);
}

TEST_F(TimelinePlanTest, WhatIsFoldedHasRowsOfAnHourAtLeast) {
  experiment_.start_time = kMonday - absl::Hours(8);
  now_ = kMonday;
  const TimelinePlan plan = OfStep("30m");
  ExpectRows(plan, kMonday - absl::Hours(8), kMonday, 2 + 12);
  EXPECT_EQ(plan.grid.minutes_from, storage::HoursBefore(now_));
  EXPECT_EQ(plan.rows[1].end - plan.rows[1].start, absl::Hours(1));
  EXPECT_EQ(plan.rows[2].end - plan.rows[2].start, absl::Minutes(30));
}

TEST_F(TimelinePlanTest, AnEventFromTheFutureDoesNotStretchTheTimelineToIt) {
  extent_ = storage::TimelineExtent{kMonday, kMonday + absl::Hours(365 * 24 * 40)};
  ExpectRows(OfStep("1d"), kMonday, kMonday + absl::Hours(48), 2);
}

TEST_F(TimelinePlanTest, ADraftHasNoRows) {
  experiment_.start_time.reset();
  EXPECT_THAT(PlanOf({}).rows, IsEmpty());
  EXPECT_THAT(OfStep("1h").rows, IsEmpty());
  ExpectRefused({.step = "2h"}, "step", "must be one of 1m, 5m, 15m, 30m, 1h, 3h, 6h, 12h, 1d, 7d");
}

TEST_F(TimelinePlanTest, EndsWhereTheExperimentEnded) {
  experiment_.end_time = kMonday + absl::Hours(3);
  ExpectRows(OfStep("1h"), kMonday, kMonday + absl::Hours(3), 3);
}

// The clocks of the two services differ.
TEST_F(TimelinePlanTest, HasEveryExposureInARow) {
  experiment_.end_time = kMonday + absl::Hours(3);
  extent_ = {.first = kMonday - absl::Minutes(1), .last = kMonday + absl::Hours(3)};
  ExpectRows(OfStep("1h"), kMonday - absl::Hours(1), kMonday + absl::Hours(4), 5);
}

TEST_F(TimelinePlanTest, AnswersThePartThatIsAskedFor) {
  const absl::Time start = kMonday + absl::Minutes(90), end = kMonday + absl::Minutes(200);
  ExpectRows(PlanOf({.step = "1h", .start = start, .end = end}), kMonday + absl::Hours(1),
             kMonday + absl::Hours(4), 3);
  ExpectRows(PlanOf({.step = "1h", .start = start}), kMonday + absl::Hours(1),
             kMonday + absl::Hours(6), 5);
  ExpectRows(PlanOf({.step = "1h", .end = end}), kMonday, kMonday + absl::Hours(4), 4);
  EXPECT_EQ(PlanOf({.start = start, .end = end}).step, "1m");
  EXPECT_EQ(PlanOf({.step = "1h", .start = start}).grid.from, kMonday + absl::Hours(1));
}

TEST_F(TimelinePlanTest, AnswersNothingOfTimesThatTheExperimentDoesNotHave) {
  EXPECT_THAT(PlanOf({.end = kMonday}).rows, IsEmpty());
  EXPECT_THAT(PlanOf({.start = now_}).rows, IsEmpty());
  EXPECT_THAT(PlanOf({.step = "1m",
                      .start = absl::FromUnixSeconds(-62'135'596'800),
                      .end = absl::FromUnixSeconds(0)})
                  .rows,
              IsEmpty());
  EXPECT_THAT(PlanOf({.step = "1m", .start = absl::FromUnixSeconds(253'402'300'799)}).rows,
              IsEmpty());
  ExpectRefused({.start = kMonday, .end = kMonday}, "end", "must be after start");
}

TEST_F(TimelinePlanTest, RefusesMoreRowsThanItMayHave) {
  now_ = kMonday + absl::Hours(2500);
  EXPECT_EQ(OfStep("1h").rows.size(), 2500u);
  now_ += absl::Minutes(1);
  ExpectRefused({.step = "1h"}, "step", "gives more than 2500 rows, the most for 2 variants");
  EXPECT_EQ(PlanOf({.step = "1h", .start = kMonday + absl::Hours(1)}).rows.size(), 2500u);
}

TEST_F(TimelinePlanTest, HasFewerRowsWhereThereAreManyVariants) {
  experiment_ = MakeTestExperiment("hero", 100, kMonday);
  now_ = kMonday + absl::Hours(500);
  EXPECT_EQ(OfStep("1h").rows.size(), 500u);
  now_ += absl::Minutes(1);
  ExpectRefused({.step = "1h"}, "step", "gives more than 500 rows, the most for 100 variants");
}

TEST_F(TimelinePlanTest, RefusesStepsThatItDoesNotKnow) {
  for (const std::string step : {"2h", "60m", "1H", " 1h", "0", "-1h", "1w", "1h\n"}) {
    ExpectRefused({.step = step}, "step", "must be one of");
  }
}

}  // namespace
}  // namespace mab::admin
