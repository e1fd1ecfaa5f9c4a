#include "bandit/sample_ratio.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

// An experiment whose allocation moves: by itself, and with what was drawn before.
struct Traffic {
  size_t arms = 2;
  int cells = 200;
  int users_a_cell = 100;
  // New versions within a cell.
  int versions_a_cell = 1;
  // Of arm 0's exposures this share is lost.
  double loss = 0;
};

std::vector<double> NextShares(const std::vector<double>& shares, std::mt19937_64& random) {
  std::vector<double> next(shares.size());
  double sum = 0;
  for (size_t arm = 0; arm < next.size(); ++arm) {
    next[arm] = 0.01 + shares[arm] * std::exp(std::normal_distribution<double>(0, 0.3)(random));
    sum += next[arm];
  }
  for (double& share : next) share /= sum;
  return next;
}

std::vector<SampleRatioCell> Simulate(const Traffic& traffic, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<double> shares(traffic.arms, 1.0 / static_cast<double>(traffic.arms));
  std::vector<SampleRatioCell> cells;
  for (int t = 0; t < traffic.cells; ++t) {
    SampleRatioCell cell{std::vector<double>(traffic.arms, 0.0),
                         std::vector<double>(traffic.arms, 0.0)};
    for (int version = 0; version < traffic.versions_a_cell; ++version) {
      std::discrete_distribution<size_t> draw(shares.begin(), shares.end());
      for (int user = 0; user < traffic.users_a_cell / traffic.versions_a_cell; ++user) {
        const size_t arm = draw(random);
        if (arm == 0 && uniform(random) < traffic.loss) continue;
        ++cell.observed[arm];
        for (size_t k = 0; k < traffic.arms; ++k) cell.expected[k] += shares[k];
      }
      shares = NextShares(shares, random);
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::vector<SampleRatioCell> AgainstEqualShares(std::vector<SampleRatioCell> cells) {
  for (SampleRatioCell& cell : cells) {
    double sum = 0;
    for (double observed : cell.observed) sum += observed;
    for (double& expected : cell.expected) {
      expected = sum / static_cast<double>(cell.expected.size());
    }
  }
  return cells;
}

TEST(TestSampleRatioTest, WithoutDataSaysNothing) {
  const SampleRatio none = TestSampleRatio({}, 3);
  EXPECT_EQ(none.p_value, 1);
  EXPECT_EQ(none.anytime_p_value, 1);
  EXPECT_FALSE(none.alarm);
  const SampleRatio empty = TestSampleRatio({{{0, 0}, {0, 0}}, {{1, 2}, {1.5, 1.5}}}, 2);
  EXPECT_EQ(empty.p_value, 1);
  EXPECT_EQ(empty.degrees_of_freedom, 0);
  EXPECT_FALSE(empty.alarm);
}

TEST(TestSampleRatioTest, SumsPearsonsStatisticOverCells) {
  const SampleRatio result =
      TestSampleRatio({{{55, 45, 0}, {50, 50, 0}}, {{20, 70, 10}, {30, 60, 10}}}, 3);
  EXPECT_NEAR(result.chi_square, 0.5 + 0.5 + 100.0 / 30 + 100.0 / 60, 1e-12);
  EXPECT_EQ(result.degrees_of_freedom, 3);
  EXPECT_NEAR(result.p_value,
              boost::math::cdf(boost::math::complement(boost::math::chi_squared(3), 6.0)), 1e-12);
  EXPECT_EQ(result.observed, (std::vector<double>{75, 115, 10}));
  EXPECT_EQ(result.expected, (std::vector<double>{80, 110, 10}));
}

TEST(TestSampleRatioTest, PutsSparseCellsAndArmsTogether) {
  // Ten minutes of three exposures are three groups of nine or more, in which the third arm, with 1
  // %, is pooled with the second.
  std::vector<SampleRatioCell> cells(20, {{1, 2, 0}, {1.5, 1.47, 0.03}});
  const SampleRatio result = TestSampleRatio(cells, 3);
  // Groups of five cells: 15 expected for three arms. Each 5 of 7.5, and 10 of 7.5.
  EXPECT_EQ(result.degrees_of_freedom, 4);
  EXPECT_NEAR(result.chi_square, 4 * 2 * 2.5 * 2.5 / 7.5, 1e-9);
}

TEST(TestSampleRatioTest, TakesAPerfectMatchInAnyNumberOfCells) {
  const std::vector<double> same(100, 50.0);
  const SampleRatio result =
      TestSampleRatio(std::vector<SampleRatioCell>(2000, {same, same}), same.size());
  EXPECT_EQ(result.degrees_of_freedom, 2000 * 99);
  EXPECT_EQ(result.p_value, 1);
  EXPECT_EQ(result.totals_p_value, 1);
  EXPECT_EQ(result.anytime_p_value, 1);
}

TEST(TestSampleRatioTest, AlarmsWhereAnArmThatCouldNotBeDrawnWasSeen) {
  const SampleRatio result = TestSampleRatio({{{50, 49, 1}, {50, 50, 0}}}, 3);
  EXPECT_TRUE(result.impossible);
  EXPECT_TRUE(result.alarm);
  EXPECT_EQ(result.p_value, 0);
  EXPECT_EQ(result.anytime_p_value, 0);
}

TEST(TestSampleRatioTest, TheAnytimePValueNeverRises) {
  std::mt19937_64 random(1);
  Traffic traffic;
  traffic.loss = 0.1;
  std::vector<SampleRatioCell> cells = Simulate(traffic, random);
  double last = 0;
  while (!cells.empty()) {
    const double p = TestSampleRatio(cells, traffic.arms).anytime_p_value;
    EXPECT_GE(p, last);
    last = p;
    cells.pop_back();
  }
  EXPECT_EQ(last, 1);
}

TEST(TestSampleRatioTest, RarelyAlarmsWhileTheWeightsMove) {
  std::mt19937_64 random(2);
  constexpr int kRuns = 1500;
  for (size_t arms : {size_t{2}, size_t{5}}) {
    for (int versions : {1, 4}) {
      Traffic traffic;
      traffic.arms = arms;
      traffic.versions_a_cell = versions;
      traffic.cells = 100;
      int alarms = 0;
      int below = 0;
      int rejected = 0;
      int totals = 0;
      for (int run = 0; run < kRuns; ++run) {
        const SampleRatio result = TestSampleRatio(Simulate(traffic, random), arms);
        alarms += result.alarm ? 1 : 0;
        below += result.anytime_p_value < 0.05 ? 1 : 0;
        rejected += result.p_value < 0.05 ? 1 : 0;
        totals += result.totals_p_value < 0.05 ? 1 : 0;
      }
      printf(
          "%zu arms, %d versions a cell: %d alarms, %.4f ever below 0.05, chi-square %.4f, of "
          "totals %.4f\n",
          arms, versions, alarms, 1.0 * below / kRuns, 1.0 * rejected / kRuns,
          1.0 * totals / kRuns);
      // At most 1 in 1,000 experiments in all their life: 1.5 of 1,500, and 11 or more once in 1e6.
      // At most 0.05 and five standard errors. For the chi-square, conservative with several
      // versions.
      EXPECT_LE(alarms, 10);
      EXPECT_LE(1.0 * below / kRuns, 0.05 + 5 * std::sqrt(0.05 * 0.95 / kRuns));
      EXPECT_LE(1.0 * rejected / kRuns, 0.05 + 5 * std::sqrt(0.06 * 0.94 / kRuns));
      EXPECT_LE(1.0 * totals / kRuns, 0.05 + 5 * std::sqrt(0.06 * 0.94 / kRuns));
      if (versions == 1) {
        EXPECT_GE(1.0 * totals / kRuns, 0.05 - 5 * std::sqrt(0.05 * 0.95 / kRuns));
        EXPECT_GE(1.0 * rejected / kRuns, 0.05 - 5 * std::sqrt(0.05 * 0.95 / kRuns));
      }
    }
  }
}

TEST(TestSampleRatioTest, AgainstEqualSharesItWouldCryWolf) {
  std::mt19937_64 random(3);
  for (int run = 0; run < 20; ++run) {
    const std::vector<SampleRatioCell> cells = Simulate(Traffic{}, random);
    EXPECT_FALSE(TestSampleRatio(cells, 2).alarm);
    EXPECT_TRUE(TestSampleRatio(AgainstEqualShares(cells), 2).alarm);
  }
}

TEST(TestSampleRatioTest, FindsAVariantThatLosesATwentiethOfItsExposures) {
  std::mt19937_64 random(4);
  constexpr int kRuns = 100;
  for (int cells : {250, 500, 1000}) {
    Traffic traffic;
    traffic.loss = 0.05;
    traffic.cells = cells;
    int alarms = 0;
    int rejected = 0;
    int totals = 0;
    for (int run = 0; run < kRuns; ++run) {
      const SampleRatio result = TestSampleRatio(Simulate(traffic, random), traffic.arms);
      alarms += result.alarm ? 1 : 0;
      rejected += result.p_value < 0.001 ? 1 : 0;
      totals += result.totals_p_value < 0.001 ? 1 : 0;
    }
    printf("5 %% lost, %d exposures: alarm in %d of %d; below 0.001 over cells %d, of totals %d\n",
           100 * cells, alarms, kRuns, rejected, totals);
    if (cells == 1000) {
      EXPECT_GE(alarms, 80);
    }
  }
}

TEST(TestSampleRatioTest, StaysValidWhereVersionsFollowTheDrawsWithinACell) {
  // The share of arm 0 follows what was drawn just before, ten times in each cell: the worst case
  // for a likelihood ratio of cell totals.
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  constexpr int kRuns = 2000;
  int below = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<SampleRatioCell> cells;
    for (int t = 0; t < 50; ++t) {
      SampleRatioCell cell{{0, 0}, {0, 0}};
      double share = 0.5;
      for (int user = 0; user < 50; ++user) {
        const size_t arm = uniform(random) < share ? 0 : 1;
        ++cell.observed[arm];
        cell.expected[0] += share;
        cell.expected[1] += 1 - share;
        share = arm == 0 ? 0.9 : 0.1;
      }
      cells.push_back(cell);
    }
    below += TestSampleRatio(cells, 2).anytime_p_value < 0.05 ? 1 : 0;
  }
  printf("ever below 0.05 where versions follow the draws: %.4f\n", 1.0 * below / kRuns);
  EXPECT_LE(1.0 * below / kRuns, 0.05 + 5 * std::sqrt(0.05 * 0.95 / kRuns));
}

TEST(TestSampleRatioTest, TakesThreeMonthsOfAHundredArms) {
  Traffic traffic;
  traffic.arms = 100;
  traffic.cells = 2200 + 2880;
  traffic.users_a_cell = 20;
  std::mt19937_64 random(6);
  const std::vector<SampleRatioCell> cells = Simulate(traffic, random);
  const auto start = std::chrono::steady_clock::now();
  const SampleRatio result = TestSampleRatio(cells, traffic.arms);
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  printf("100 arms, %zu cells: %.1f ms, p %.3f, %.0f degrees of freedom\n", cells.size(),
         milliseconds, result.p_value, result.degrees_of_freedom);
  EXPECT_FALSE(result.alarm);
  EXPECT_GT(result.p_value, kErrorRate);
  EXPECT_LT(milliseconds, 5000);
}

}  // namespace
}  // namespace mab::bandit
