#include "assignment/traffic_meter.h"

#include <gtest/gtest.h>

#include <string>

#include "assignment/assignment_metrics.h"
#include "assignment/testing/hot_path.h"

namespace mab::assignment {
namespace {

TEST(TrafficMeterTest, IsOfTheLastTenSeconds) {
  FakeClock clock(SampleTime());
  TrafficCounts counts{.assigns = 1000, .conversions = 500, .exposures = 800};
  TrafficMeter meter([&] { return counts; }, &clock);
  EXPECT_EQ(meter.rates().window, absl::ZeroDuration());
  meter.Sample();
  EXPECT_EQ(meter.rates().assigns, 0) << "what was before the first look is not of any second";

  counts.assigns += 30;
  clock.Advance(absl::Seconds(2));
  meter.Sample();
  EXPECT_EQ(meter.rates().assigns, 15);
  EXPECT_EQ(meter.rates().conversions, 0);
  EXPECT_EQ(meter.rates().window, absl::Seconds(2));

  for (int second = 0; second < 10; ++second) {
    counts.assigns += 7;
    counts.conversions += 2;
    counts.exposures += 3;
    clock.Advance(absl::Seconds(1));
    meter.Sample();
  }
  EXPECT_EQ(meter.rates().assigns, 7) << "the thirty are older";
  EXPECT_EQ(meter.rates().conversions, 2);
  EXPECT_EQ(meter.rates().exposures, 3);
  EXPECT_EQ(meter.rates().window, absl::Seconds(10));
}

TEST(TrafficMeterTest, BeginsAnewWhereTheClockWasSetBack) {
  FakeClock clock(SampleTime());
  TrafficCounts counts;
  TrafficMeter meter([&] { return counts; }, &clock);
  meter.Sample();
  clock.Advance(-absl::Hours(1));
  counts.assigns = 100;
  meter.Sample();
  EXPECT_EQ(meter.rates().window, absl::ZeroDuration());
  clock.Advance(absl::Seconds(1));
  meter.Sample();
  EXPECT_EQ(meter.rates().assigns, 0);
  EXPECT_EQ(meter.rates().window, absl::Seconds(1));
}

TEST(TrafficMeterTest, TheHotPathCountsWhatItIsMadeOf) {
  HotPath path;
  path.SetExperiments({SampleExperiment()});
  const std::string hero = SampleExperiment().key;
  ASSERT_TRUE(path.Assign(hero, "a").ok());
  ASSERT_TRUE(path.Assign(hero, "a").ok());
  EXPECT_EQ(path.recorder.exposures(), 1u) << "once a visitor";
  ASSERT_TRUE(path.Assign(hero, "b", /*expose=*/false).ok());
  EXPECT_EQ(path.recorder.exposures(), 1u);
  ASSERT_TRUE(path.Expose(hero, "b").ok());
  ASSERT_TRUE(path.Expose(hero, "b").ok());
  EXPECT_EQ(path.recorder.exposures(), 2u);

  AssignmentMetrics metrics(path.metrics);
  metrics.Count(Assignment());
  metrics.Count(Assignment());
  Conversion conversion;
  metrics.Count(conversion);
  conversion.credited = true;
  metrics.Count(conversion);
  conversion.duplicate = true;
  metrics.Count(conversion);
  EXPECT_EQ(metrics.assigns(), 2u);
  EXPECT_EQ(metrics.conversions(), 3u);
}

}  // namespace
}  // namespace mab::assignment
