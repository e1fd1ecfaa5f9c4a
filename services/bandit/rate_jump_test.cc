#include "bandit/rate_jump.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace mab::bandit {
namespace {

RateChange Change(double before_trials, double before, double recent_trials, double recent) {
  return {{before_trials, before}, {recent_trials, recent}};
}

TEST(DetectRateJumpsTest, StaysQuietWithoutAChange) {
  const RateJumps jumps = DetectRateJumps({Change(70000, 3500, 10000, 500)});
  EXPECT_NEAR(jumps.arms[0].relative_change, 0, 1e-3);
  EXPECT_GT(jumps.arms[0].p_value, 0.9);
  EXPECT_GT(jumps.overall.p_value, 0.9);
  EXPECT_FALSE(jumps.flagged);
}

TEST(DetectRateJumpsTest, FlagsAGoalThatCountsTwice) {
  const RateJumps jumps =
      DetectRateJumps({Change(7000, 350, 1000, 100), Change(7000, 420, 1000, 120)});
  for (const RateJump& arm : jumps.arms) {
    EXPECT_NEAR(arm.relative_change, 1, 0.02);
    EXPECT_TRUE(arm.flagged);
  }
  EXPECT_NEAR(jumps.overall.relative_change, 1, 0.02);
  EXPECT_TRUE(jumps.overall.flagged);
  EXPECT_TRUE(jumps.flagged);
}

TEST(DetectRateJumpsTest, FlagsAGoalThatIsGone) {
  const RateJumps jumps = DetectRateJumps({Change(7000, 350, 1000, 0)});
  EXPECT_LT(jumps.arms[0].relative_change, -0.98);
  EXPECT_TRUE(jumps.arms[0].flagged);
  EXPECT_TRUE(jumps.overall.flagged);
}

TEST(DetectRateJumpsTest, SeesOverAllArmsWhatNoArmShowsAlone) {
  std::vector<RateChange> arms(10, Change(2800, 140, 400, 29));
  const RateJumps jumps = DetectRateJumps(arms);
  for (const RateJump& arm : jumps.arms) EXPECT_FALSE(arm.flagged);
  EXPECT_TRUE(jumps.overall.flagged);
  EXPECT_TRUE(jumps.flagged);
}

TEST(DetectRateJumpsTest, IgnoresTrafficThatMovesToABetterArm) {
  // Pooled, the rate would double.
  const RateJumps jumps =
      DetectRateJumps({Change(60000, 1200, 1000, 20), Change(10000, 600, 9000, 540)});
  EXPECT_NEAR(jumps.overall.relative_change, 0, 0.02);
  EXPECT_FALSE(jumps.flagged);
}

TEST(DetectRateJumpsTest, IsNotImpressedByASmallChangeOfManyUsers) {
  const RateJumps jumps = DetectRateJumps({Change(7e6, 350000, 1e6, 55000)});
  EXPECT_LT(jumps.arms[0].p_value, 1e-80);
  EXPECT_NEAR(jumps.arms[0].relative_change, 0.1, 1e-3);
  EXPECT_FALSE(jumps.flagged);
}

TEST(DetectRateJumpsTest, StaysQuietWithTooLittleData) {
  for (const RateChange& change :
       {Change(0, 0, 0, 0), Change(0, 0, 500, 60), Change(500, 60, 0, 0), Change(70, 0, 10, 0),
        Change(70, 0, 10, 1), Change(7, 0, 1, 1), Change(100, 3, 14, 2), Change(-3, -1, 4, 2)}) {
    const RateJumps jumps = DetectRateJumps({change});
    EXPECT_FALSE(jumps.flagged);
    EXPECT_TRUE(std::isfinite(jumps.arms[0].relative_change));
    EXPECT_TRUE(std::isfinite(jumps.overall.relative_change));
    EXPECT_GT(jumps.arms[0].p_value, 1e-3);
  }
  EXPECT_FALSE(DetectRateJumps({}).flagged);
}

TEST(DetectRateJumpsTest, AnArmsTestIsTheExactBinomialOne) {
  for (double recent : {0.0, 1.0, 5.0, 9.0, 20.0}) {
    const RateJumps jumps = DetectRateJumps({Change(700, 30, 100, recent)});
    const boost::math::binomial law(30 + recent, 100.0 / 800);
    const double at_most = boost::math::cdf(law, recent);
    const double at_least =
        recent > 0 ? boost::math::cdf(boost::math::complement(law, recent - 1)) : 1;
    EXPECT_NEAR(jumps.arms[0].p_value, std::min(1.0, 2 * std::min(at_most, at_least)), 1e-12);
  }
}

TEST(DetectRateJumpsTest, IsFiniteAtEveryRateAndSize) {
  for (double trials : {1.0, 1e3, 1e9}) {
    for (double rate : {0.0, 1e-6, 0.5, 1.0}) {
      for (double recent_rate : {0.0, 1e-6, 0.5, 1.0}) {
        const RateJumps jumps =
            DetectRateJumps({Change(trials, rate * trials, trials / 7, recent_rate * trials / 7)});
        for (const RateJump& jump : {jumps.arms[0], jumps.overall}) {
          EXPECT_TRUE(std::isfinite(jump.relative_change));
          EXPECT_GE(jump.p_value, 0);
          EXPECT_LE(jump.p_value, 1);
        }
      }
    }
  }
}

TEST(DetectRateJumpsTest, FlagsFewConstantExperiments) {
  // Four arms of constant rates: at most 0.001 for the arms together, about as much over all. Of
  // 20,000 experiments 40 would then be expected if every change were material; 80 are five
  // standard errors (1e-6) more.
  std::mt19937_64 random(3);
  int flagged = 0;
  constexpr int kRuns = 20'000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<RateChange> arms;
    for (double rate : {0.02, 0.05, 0.06, 0.3}) {
      const double before = std::binomial_distribution<int>(1400, rate)(random);
      const double recent = std::binomial_distribution<int>(200, rate)(random);
      arms.push_back(Change(1400, before, 200, recent));
    }
    flagged += DetectRateJumps(arms).flagged ? 1 : 0;
  }
  printf("flagged of %d experiments with constant rates: %d\n", kRuns, flagged);
  EXPECT_LE(flagged, 80);
}

}  // namespace
}  // namespace mab::bandit
