#include "bandit/sample_ratio.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <utility>
#include <vector>

#include "bandit/sum.h"

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

// Consecutive cells put together.
std::vector<SampleRatioCell> Coarser(const std::vector<SampleRatioCell>& cells, size_t together) {
  std::vector<SampleRatioCell> sums;
  for (size_t t = 0; t < cells.size(); ++t) {
    if (t % together == 0) {
      sums.push_back(cells[t]);
      continue;
    }
    for (size_t arm = 0; arm < cells[t].observed.size(); ++arm) {
      sums.back().observed[arm] += cells[t].observed[arm];
      sums.back().expected[arm] += cells[t].expected[arm];
    }
  }
  return sums;
}

// The formula as it stands.
double LogEvidenceByGammas(const std::vector<double>& observed,
                           const std::vector<double>& expected) {
  const double c = kSampleRatioConcentration;
  double log_e = 0;
  for (size_t arm = 0; arm < observed.size(); ++arm) {
    log_e += c * std::log(c) + std::lgamma(c + observed[arm]) - std::lgamma(c) -
             (c + observed[arm]) * std::log(c + expected[arm]) + expected[arm];
  }
  return log_e;
}

TEST(LogSampleRatioEvidenceTest, IsTheMixtureOverGammas) {
  const std::vector<std::pair<std::vector<double>, std::vector<double>>> cases = {
      {{0, 0}, {0, 0}},
      {{1, 0}, {0.5, 0.5}},
      {{0, 40, 3}, {20, 20, 3}},
      {{950, 1050}, {1000, 1000}},
      {{47'000, 53'000, 12}, {50'000, 50'000, 12}},
      {{1e6, 0}, {0, 1e6}},
  };
  for (const auto& [observed, expected] : cases) {
    const double reference = LogEvidenceByGammas(observed, expected);
    EXPECT_NEAR(LogSampleRatioEvidence(observed, expected), reference,
                1e-7 + 1e-12 * std::fabs(reference));
  }
}

TEST(LogSampleRatioEvidenceTest, MixesOverRatiosWithMeanOne) {
  // By summing over m: of one arm with 1,150 exposures where 1,000 were expected.
  const double c = kSampleRatioConcentration;
  double mixture = 0;
  constexpr double kStep = 1e-4;
  for (double m = kStep; m < 3; m += kStep) {
    mixture += kStep * std::exp(c * std::log(c) - std::lgamma(c) + (c - 1) * std::log(m) - c * m +
                                1150 * std::log(m) - (m - 1) * 1000);
  }
  EXPECT_NEAR(LogSampleRatioEvidence({1150}, {1000}), std::log(mixture), 1e-7);
}

// The expectation after one more exposure, whatever was seen before: what makes it valid at every
// moment.
TEST(LogSampleRatioEvidenceTest, IsNotExpectedToRise) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int run = 0; run < 1000; ++run) {
    const size_t arms = 2 + static_cast<size_t>(4 * uniform(random));
    std::vector<double> observed(arms);
    std::vector<double> expected(arms);
    std::vector<double> propensities(arms);
    for (size_t arm = 0; arm < arms; ++arm) {
      expected[arm] = std::pow(10, 5 * uniform(random));
      observed[arm] = std::floor(expected[arm] * (0.7 + 0.6 * uniform(random)));
      propensities[arm] = uniform(random);
    }
    const double sum = Sum(propensities);
    const double before = LogSampleRatioEvidence(observed, expected);
    for (size_t arm = 0; arm < arms; ++arm) {
      propensities[arm] /= sum;
      expected[arm] += propensities[arm];
    }
    double after = 0;
    for (size_t arm = 0; arm < arms; ++arm) {
      ++observed[arm];
      after += propensities[arm] * std::exp(LogSampleRatioEvidence(observed, expected) - before);
      --observed[arm];
    }
    ASSERT_LE(after, 1 + 1e-9);
  }
}

TEST(TestSampleRatioTest, WithoutDataSaysNothing) {
  const SampleRatio none = TestSampleRatio({}, 3);
  EXPECT_EQ(none.anytime_p_value, 1);
  EXPECT_FALSE(none.alarm);
  EXPECT_EQ(none.observed, (std::vector<double>{0, 0, 0}));
  const SampleRatio empty = TestSampleRatio({{{0, 0}, {0, 0}}, {{1, 2}, {1.5, 1.5}}}, 2);
  EXPECT_GT(empty.anytime_p_value, 0.9);
  EXPECT_FALSE(empty.alarm);
}

TEST(TestSampleRatioTest, SumsCountsAndTakesWhatIsLessThanNoneAsNone) {
  const SampleRatio result =
      TestSampleRatio({{{55, 45, -1}, {50, 50, -2}}, {{20, 70, 10}, {30, 60, 10}}}, 3);
  EXPECT_EQ(result.observed, (std::vector<double>{75, 115, 10}));
  EXPECT_EQ(result.expected, (std::vector<double>{80, 110, 10}));
  EXPECT_FALSE(result.impossible);
}

TEST(TestSampleRatioTest, TakesAPerfectMatchInAnyNumberOfCells) {
  const std::vector<double> same(100, 50.0);
  const SampleRatio result =
      TestSampleRatio(std::vector<SampleRatioCell>(2000, {same, same}), same.size());
  EXPECT_EQ(result.anytime_p_value, 1);
}

TEST(TestSampleRatioTest, AlarmsFromTheFirstCellOn) {
  const SampleRatio result = TestSampleRatio({{{400, 800}, {600, 600}}}, 2);
  EXPECT_TRUE(result.alarm);
  EXPECT_FALSE(result.impossible);
}

TEST(TestSampleRatioTest, AlarmsWhereAnArmThatCouldNotBeDrawnWasSeen) {
  const SampleRatio result = TestSampleRatio({{{50, 49, 1}, {50, 50, 0}}}, 3);
  EXPECT_TRUE(result.impossible);
  EXPECT_TRUE(result.alarm);
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
  EXPECT_GT(last, 0.5);
}

TEST(TestSampleRatioTest, MinutesOrHoursEndAtTheSameEvidence) {
  std::mt19937_64 random(8);
  Traffic traffic;
  traffic.arms = 3;
  traffic.loss = 0.08;
  traffic.cells = 600;
  const std::vector<SampleRatioCell> minutes = Simulate(traffic, random);
  const std::vector<SampleRatioCell> hours = Coarser(minutes, 60);
  ASSERT_EQ(hours.size(), 10u);
  const SampleRatio by_minute = TestSampleRatio(minutes, traffic.arms);
  const SampleRatio by_hour = TestSampleRatio(hours, traffic.arms);
  EXPECT_NEAR(LogSampleRatioEvidence(by_minute.observed, by_minute.expected),
              LogSampleRatioEvidence(by_hour.observed, by_hour.expected), 1e-6);
  // Of the maximum, the minutes see more moments.
  EXPECT_LE(by_minute.anytime_p_value, by_hour.anytime_p_value * (1 + 1e-6));
  EXPECT_TRUE(by_hour.alarm);
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
      for (int run = 0; run < kRuns; ++run) {
        const SampleRatio result = TestSampleRatio(Simulate(traffic, random), arms);
        alarms += result.alarm ? 1 : 0;
        below += result.anytime_p_value < 0.05 ? 1 : 0;
      }
      printf("%zu arms, %d versions a cell: %d alarms, %.4f ever below 0.05\n", arms, versions,
             alarms, 1.0 * below / kRuns);
      // At most 1 in 1,000 experiments in all their life: 1.5 of 1,500, and 11 or more once in 1e6.
      // At most 0.05 and five standard errors.
      EXPECT_LE(alarms, 10);
      EXPECT_LE(1.0 * below / kRuns, 0.05 + 5 * std::sqrt(0.05 * 0.95 / kRuns));
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
    for (int run = 0; run < kRuns; ++run) {
      alarms += TestSampleRatio(Simulate(traffic, random), traffic.arms).alarm ? 1 : 0;
    }
    printf("5 %% lost, %d exposures: alarm in %d of %d\n", 100 * cells, alarms, kRuns);
    // About 0.4 and 0.9: five standard errors.
    if (cells == 500) {
      EXPECT_GE(alarms, 15);
    }
    if (cells == 1000) {
      EXPECT_GE(alarms, 75);
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
  traffic.cells = 2200;
  traffic.users_a_cell = 20;
  std::mt19937_64 random(6);
  const std::vector<SampleRatioCell> cells = Simulate(traffic, random);
  const auto start = std::chrono::steady_clock::now();
  const SampleRatio result = TestSampleRatio(cells, traffic.arms);
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  printf("100 arms, %zu cells: %.1f ms, p %.3f\n", cells.size(), milliseconds,
         result.anytime_p_value);
  EXPECT_FALSE(result.alarm);
  EXPECT_LT(milliseconds, 5000);
}

}  // namespace
}  // namespace mab::bandit
