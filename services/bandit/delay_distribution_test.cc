#include "bandit/delay_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

namespace mab::bandit {
namespace {

constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;
constexpr double kWindow = 7 * kDay;

double PriorShare(double age, double window) {
  if (age <= 0) return 0;
  return 1 - DelayDistribution::kPriorTail * (1 - std::log1p(age) / std::log1p(window));
}

TEST(DelayBucketTest, AreTheTablesBuckets) {
  EXPECT_EQ(DelayBucket(-5), 0);
  EXPECT_EQ(DelayBucket(0), 0);
  EXPECT_EQ(DelayBucket(0.09), 0);
  EXPECT_EQ(DelayBucket(0.0906), 1);
  EXPECT_EQ(DelayBucket(1.0001), 8);
  EXPECT_EQ(DelayBucket(59), 47);
  EXPECT_EQ(DelayBucket(kHour), 94);
  EXPECT_EQ(DelayBucket(kWindow), 153);
  EXPECT_EQ(DelayBucket(400 * kDay), 200);
  EXPECT_EQ(DelayBucket(1e12), 200);
  for (int bucket = 0; bucket < kDelayBuckets; ++bucket) {
    EXPECT_EQ(DelayBucket(DelayBucketStart(bucket) * (1 + 1e-9) + 1e-9), bucket);
  }
}

TEST(DelayDistributionTest, WithoutDataIsNearlyCompleteAtOnceAndTheRestUniformInTheLogarithm) {
  const DelayDistribution g = DelayDistribution::Estimate({}, kWindow);
  EXPECT_EQ(g.CompletedShare(-1), 0);
  EXPECT_EQ(g.CompletedShare(0), 0);
  EXPECT_EQ(g.CompletedShare(kWindow), 1);
  EXPECT_EQ(g.CompletedShare(10 * kWindow), 1);
  EXPECT_NEAR(g.CompletedShare(60), 0.986, 0.001);
  for (double age : {1.0, 60.0, kHour, kDay, 6.9 * kDay}) {
    EXPECT_NEAR(g.CompletedShare(age), PriorShare(age, kWindow), 1e-12) << age;
  }
}

TEST(DelayDistributionTest, WithoutAWindowNothingWaits) {
  for (const DelayDistribution& g :
       {DelayDistribution(), DelayDistribution::Estimate({{kDay, 3, 10}}, 0)}) {
    EXPECT_EQ(g.CompletedShare(0), 1);
    EXPECT_EQ(g.CompletedShare(100), 1);
  }
}

TEST(DelayDistributionTest, OfMaturedExposuresIsTheEmpiricalDistributionWithThePrior) {
  const int last = DelayBucket(kWindow);
  const std::vector<DelayedConversions> cells = {
      {8 * kDay, 40, 30}, {kWindow, 80, 50}, {20 * kDay, 80, 10}, {kWindow, last, 10}};
  const DelayDistribution g = DelayDistribution::Estimate(cells, kWindow);
  const double prior = DelayDistribution::kPriorConversions;
  for (int bucket = 1; bucket <= last; ++bucket) {
    const double start = DelayBucketStart(bucket);
    const double counted = (bucket > 40 ? 30 : 0) + (bucket > 80 ? 60 : 0);
    EXPECT_NEAR(g.CompletedShare(start),
                (counted + prior * PriorShare(start, kWindow)) / (100 + prior), 1e-9);
  }
}

TEST(DelayDistributionTest, IsLinearInTheLogarithmWithinABucket) {
  const DelayDistribution g = DelayDistribution::Estimate({{kWindow, 80, 1000}}, kWindow);
  const double start = DelayBucketStart(80);
  const double end = DelayBucketStart(81);
  const double middle = std::sqrt((1 + start) * (1 + end)) - 1;
  EXPECT_NEAR(g.CompletedShare(middle), (g.CompletedShare(start) + g.CompletedShare(end)) / 2,
              1e-12);
}

TEST(DelayDistributionTest, YoungExposuresSayNothingOfLongDelays) {
  // All that is known is of the first hour: beyond it the shape is the prior's.
  const std::vector<DelayedConversions> cells = {{kHour, 30, 500}, {kHour, 60, 500}};
  const DelayDistribution g = DelayDistribution::Estimate(cells, kWindow);
  const double known = DelayBucketStart(94);  // The last bucket that was shown whole ends here.
  for (double age : {known, 2 * kHour, kDay, 6 * kDay}) {
    EXPECT_NEAR(g.CompletedShare(age), PriorShare(age, kWindow), 1e-9) << age;
  }
  // Within it, the data's: half of what is complete by then came in the first 15 seconds.
  EXPECT_NEAR(g.CompletedShare(60) / g.CompletedShare(known), 0.5, 0.01);
}

TEST(DelayDistributionTest, LeavesOutWhatYoungExposuresCannotHaveShownWhole) {
  const std::vector<DelayedConversions> base = {{kWindow, 40, 20}, {kWindow, 90, 20}};
  std::vector<DelayedConversions> more = base;
  more.push_back({0, 0, 5});
  more.push_back({0, DelayBucket(kHour / 2), 5, 600});
  more.push_back({DelayBucketStart(60) + 1, 60, 5});
  more.push_back({kDay, DelayBucket(kWindow) + 1, 7});
  more.push_back({kWindow, DelayBucket(kWindow) + 1, 7});
  more.push_back({kWindow, 200, 7});
  more.push_back({kWindow, 30, 0});
  const DelayDistribution g = DelayDistribution::Estimate(base, kWindow);
  const DelayDistribution h = DelayDistribution::Estimate(more, kWindow);
  for (double age = 1; age < kWindow; age *= 1.7) {
    EXPECT_EQ(g.CompletedShare(age), h.CompletedShare(age));
  }
}

TEST(DelayDistributionTest, IsADistributionFunctionWhateverComes) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (double window : {1e-3, 0.05, 1.0, 60.0, 1800.0, kWindow, 90 * kDay, 400 * kDay, 1e12}) {
    for (size_t count : {size_t{1}, size_t{3}, size_t{1000}}) {
      std::vector<DelayedConversions> cells(count);
      for (DelayedConversions& cell : cells) {
        cell.age_seconds = std::expm1(uniform(random) * 1.2 * std::log1p(window));
        cell.delay_bucket = static_cast<int>(uniform(random) * kDelayBuckets);
        cell.conversions = std::pow(10, 18 * uniform(random) - 9);
      }
      const DelayDistribution g = DelayDistribution::Estimate(cells, window);
      double last = 0;
      for (int i = 0; i <= 3000; ++i) {
        const double share = g.CompletedShare(std::expm1(i / 3000.0 * std::log1p(window)));
        ASSERT_GE(share, last - 1e-15);
        ASSERT_LE(share, 1);
        last = std::max(last, share);
      }
      EXPECT_EQ(g.CompletedShare(0), 0);
      EXPECT_EQ(g.CompletedShare(window), 1);
    }
  }
}

TEST(DelayDistributionTest, AWindowThatEndsWithABucketIsComplete) {
  const double window = DelayBucketStart(80);
  const DelayDistribution g = DelayDistribution::Estimate({{window, 79, 1000}}, window);
  EXPECT_NEAR(g.CompletedShare(DelayBucketStart(79)),
              PriorShare(DelayBucketStart(79), window) / 1001, 1e-9);
  EXPECT_EQ(g.CompletedShare(window), 1);
}

// Exposures at a constant rate over `days`; conversions with delays of mean `mean` (exponential),
// those that have come by now and within the window, in cells of an hour.
std::vector<DelayedConversions> ObservedConversions(std::mt19937_64& random, double days,
                                                    double mean, int conversions) {
  std::uniform_real_distribution<double> age_of(0, days * kDay);
  std::exponential_distribution<double> delay_of(1 / mean);
  std::vector<DelayedConversions> cells;
  for (int i = 0; i < conversions; ++i) {
    const double age = age_of(random);
    const double delay = delay_of(random);
    if (delay > std::min(age, kWindow)) continue;
    // Now is half past.
    const bool running_hour = age < kHour / 2;
    const double youngest =
        running_hour ? 0 : std::floor((age - kHour / 2) / kHour) * kHour + kHour / 2;
    cells.push_back(
        {youngest, DelayBucket(delay), 1, running_hour ? std::min(kHour / 2, days * kDay) : kHour});
  }
  return cells;
}

TEST(DelayDistributionTest, FindsTheDelaysOfAnExperimentWhoseExposuresAreStillYoung) {
  // The share of conversions seen so far by delay, which is what one would plot, is far too fast.
  constexpr double kMean = 2 * kDay;
  const auto truth = [](double age) {
    return std::expm1(-age / kMean) / std::expm1(-kWindow / kMean);
  };
  std::mt19937_64 random(11);
  constexpr int kRuns = 100;
  for (double age : {3 * kHour, kDay, 3 * kDay, 5 * kDay}) {
    double sum = 0;
    double squares = 0;
    double naive = 0;
    for (int run = 0; run < kRuns; ++run) {
      const auto cells = ObservedConversions(random, 9, kMean, 3000);
      const double share = DelayDistribution::Estimate(cells, kWindow).CompletedShare(age);
      sum += share;
      squares += share * share;
      double within = 0;
      for (const auto& cell : cells) within += DelayBucketStart(cell.delay_bucket) < age ? 1 : 0;
      naive += within / static_cast<double>(cells.size());
    }
    const double mean = sum / kRuns;
    const double error = std::sqrt((squares / kRuns - mean * mean) / kRuns);
    printf("age %3.0f h: true %.4f, estimated %.4f (se %.4f), as seen %.4f\n", age / kHour,
           truth(age), mean, error, naive / kRuns);
    // Five standard errors (1e-6), plus what the prior's two conversions of 3,000 may weigh.
    EXPECT_NEAR(mean, truth(age), 5 * error + 0.002);
    if (age >= kDay && age < 4 * kDay) {
      EXPECT_GT(naive / kRuns, truth(age) + 0.03);
    }
  }
}

// Everything that is known is in one cell, whose exposures are of all ages.
TEST(DelayDistributionTest, LearnsWithinItsFirstHour) {
  constexpr double kAge = kHour / 3;
  constexpr double kMean = 300;
  std::mt19937_64 random(12);
  constexpr int kRuns = 200;
  for (double age : {60.0, 200.0, 600.0}) {
    double sum = 0;
    double squares = 0;
    for (int run = 0; run < kRuns; ++run) {
      const auto cells = ObservedConversions(random, kAge / kDay, kMean, 2000);
      const DelayDistribution g = DelayDistribution::Estimate(cells, kWindow);
      // Relative to the longest delay that enough of the exposures were old enough for.
      const double share = g.CompletedShare(age) / g.CompletedShare(0.7 * kAge);
      sum += share;
      squares += share * share;
    }
    const double mean = sum / kRuns;
    const double error = std::sqrt((squares / kRuns - mean * mean) / kRuns);
    const double truth = std::expm1(-age / kMean) / std::expm1(-0.7 * kAge / kMean);
    printf("age %3.0f s: true %.4f, estimated %.4f (se %.4f)\n", age, truth, mean, error);
    // A bucket's width is 9 % of the delay: half of it is what a bucket's middle may be off.
    EXPECT_NEAR(mean, truth, 5 * error + 0.01);
  }
}

TEST(DelayDistributionTest, ConversionsThatComeAtOnceLeaveLittlePending) {
  for (double conversions : {0.0, 1.0, 20.0, 1000.0}) {
    const DelayDistribution g = DelayDistribution::Estimate({{0, 0, conversions, 600}}, kWindow);
    EXPECT_GT(g.CompletedShare(60), 0.98) << conversions;
  }
}

}  // namespace
}  // namespace mab::bandit
