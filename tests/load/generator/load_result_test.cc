#include "load_result.h"

#include <gtest/gtest.h>

namespace mab::load {
namespace {

TEST(LatencyHistogramTest, QuantilesAreExactToAFewPercent) {
  LatencyHistogram histogram;
  for (int64_t us = 1; us <= 10000; ++us) histogram.Add(us * 1000);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.5)), 5e6, 0.016 * 5e6);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(0.99)), 9.9e6, 0.016 * 9.9e6);
  EXPECT_EQ(histogram.Quantile(1), 10'000'000);
  EXPECT_EQ(histogram.max_ns(), 10'000'000);
}

TEST(LatencyHistogramTest, SmallValuesAreExactAndAbsurdOnesAreBounded) {
  LatencyHistogram histogram;
  histogram.Add(-1);
  histogram.Add(63);
  EXPECT_EQ(histogram.Quantile(0), 0);
  EXPECT_EQ(histogram.Quantile(1), 63);
  histogram.Add(INT64_MAX);
  EXPECT_EQ(histogram.Quantile(1), int64_t{3600} * 1'000'000'000);
}

TEST(LatencyHistogramTest, IsEmptyWithoutCalls) { EXPECT_EQ(LatencyHistogram().Quantile(0.99), 0); }

TEST(LoadResultTest, WorkersAddUp) {
  LoadResult a{.seconds = 1, .statuses = {{200, 2}}, .good = 2, .in_time = 1};
  LoadResult b{.seconds = 2, .statuses = {{200, 1}, {503, 4}}, .good = 1, .failed = 3};
  a.latency.Add(10);
  b.latency.Add(20);
  a.Merge(b);
  EXPECT_EQ(a.ToJson(),
            "{\"seconds\":2,\"good\":3,\"in_time\":1,\"failed\":3,\"unsent\":0,\"new_users\":0,"
            "\"statuses\":{\"200\":3,\"503\":4},"
            "\"latency_ns\":{\"p50\":10,\"p99\":10,\"p999\":10,\"max\":20},"
            "\"service_ns\":{\"p50\":0,\"p99\":0,\"p999\":0,\"max\":0}}");
}

}  // namespace
}  // namespace mab::load
