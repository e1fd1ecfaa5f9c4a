#include "bandit/value_remaining.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/beta_sampler.h"
#include "bandit/comparison.h"
#include "bandit/random_stream.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

struct Reference {
  std::vector<Posterior> posteriors;
  size_t leader;
  double quantile;
  double probability_best;
  double value_remaining;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/value_remaining_reference.inc"
  };
  return references;
}

TEST(ValueRemainingTest, AgreesWithFiftyDigitReferences) {
  constexpr double kRelativeBound = 1e-10;
  double worst = 0;
  for (const Reference& reference : References()) {
    SCOPED_TRACE(testing::Message() << "reference " << (&reference - References().data()));
    const double made = ValueRemaining(reference.posteriors, reference.leader, reference.quantile);
    if (reference.value_remaining == 0) {
      EXPECT_EQ(made, 0);
      continue;
    }
    const double error = std::fabs(made / reference.value_remaining - 1);
    EXPECT_LE(error, kRelativeBound);
    worst = std::max(worst, error);
  }
  printf("worst relative error over %zu references: value remaining %.2g\n", References().size(),
         worst);
}

// M the highest of k uniform rates, X uniform: P(M <= r X) = 1 − k / ((k + 1) r) for r >= 1.
TEST(ValueRemainingTest, OfUniformRatesHasAClosedForm) {
  for (size_t others : {1, 2, 9, 99}) {
    const double k = static_cast<double>(others);
    for (double quantile : {0.5, 0.9, 0.95, 0.99}) {
      const double expected = std::max(0.0, k / ((k + 1) * (1 - quantile)) - 1);
      const double made =
          ValueRemaining(std::vector<Posterior>(others + 1, {1, 1}), others / 2, quantile);
      EXPECT_NEAR(made, expected, 1e-10 * expected) << others << " " << quantile;
    }
  }
}

TEST(ValueRemainingTest, IsZeroOnceTheLeaderIsBestWithTheQuantile) {
  const std::vector<Posterior> posteriors = {{41, 961}, {61, 941}, {31, 971}};
  const double probability_best = ComputeBestArm(posteriors).probability_best[1];
  EXPECT_EQ(ValueRemaining(posteriors, 1, probability_best), 0);
  EXPECT_EQ(ValueRemaining(posteriors, 1, probability_best - 1e-9), 0);
  EXPECT_GT(ValueRemaining(posteriors, 1, probability_best + 1e-9), 0);
  EXPECT_LT(ValueRemaining(posteriors, 1, probability_best + 1e-9), 1e-7);
}

// The definition itself, with rates drawn from the posteriors: V is below its 0.95 quantile in a
// share 0.95 of draws. The counts are the example of CRAN's bandit::value_remaining, which draws as
// well.
TEST(ValueRemainingTest, IsTheQuantileOfDrawnValues) {
  const std::vector<Posterior> posteriors = {{11, 91}, {21, 83}, {31, 91}, {81, 161}};
  constexpr size_t kLeader = 3;
  constexpr int kDraws = 200'000;
  std::vector<uint64_t> observed(2, 0);
  const double value = ValueRemaining(posteriors, kLeader, 0.95);
  RandomStream random(TestSalt(17), TestUser(37, 0), 1, 0);
  for (int i = 0; i < kDraws; ++i) {
    double highest = 0;
    double leader = 0;
    for (size_t arm = 0; arm < posteriors.size(); ++arm) {
      const double odds = DrawBetaOdds(posteriors[arm], random);
      highest = std::max(highest, odds / (1 + odds));
      if (arm == kLeader) leader = odds / (1 + odds);
    }
    ++observed[highest <= (1 + value) * leader ? 0 : 1];
  }
  EXPECT_GT(ChiSquarePValue(observed, {0.95, 0.05}), kErrorRate);
}

TEST(ValueRemainingTest, OfOneArmIsZero) { EXPECT_EQ(ValueRemaining({{3, 4}}, 0, 0.95), 0); }

// With two arms V is the greater of 0 and the lift of the other arm against the leader.
TEST(ValueRemainingTest, OfTwoArmsIsTheUpperEndOfTheLift) {
  RandomStream random(TestSalt(15), TestUser(35, 0), 1, 0);
  for (int i = 0; i < 60; ++i) {
    const Posterior leader{0.1 * std::pow(10, 9 * random.NextUniform()),
                           0.1 * std::pow(10, 9 * random.NextUniform())};
    const Posterior other{leader.alpha * (0.5 + random.NextUniform()), leader.beta};
    SCOPED_TRACE(testing::Message() << leader.alpha << "," << leader.beta << " " << other.alpha);
    const double lift = CompareWithControl(leader, other, 0.9).lift.upper;
    const double made = ValueRemaining({leader, other}, 0, 0.95);
    EXPECT_NEAR(made, std::max(0.0, lift), 1e-9 * std::fabs(lift) + 1e-14);
  }
}

TEST(ValueRemainingTest, IsFiniteAndGrowsWithTheQuantileOverTheWholeParameterSpace) {
  RandomStream random(TestSalt(16), TestUser(36, 0), 1, 0);
  for (int i = 0; i < 150; ++i) {
    const size_t count = 2 + static_cast<size_t>(random.NextUniform() * (i % 30 == 0 ? 99 : 9));
    std::vector<Posterior> posteriors(count);
    for (Posterior& posterior : posteriors) {
      posterior.alpha = 0.1 * std::pow(10, 10 * random.NextUniform());
      posterior.beta = 0.1 * std::pow(10, 10 * random.NextUniform());
      if (random.NextUniform() < 0.1) posterior.alpha = 0.1;
      if (random.NextUniform() < 0.1) posterior.beta = 0.1;
    }
    const size_t leader = static_cast<size_t>(random.NextUniform() * static_cast<double>(count));
    double last = 0;
    for (double quantile : {0.5, 0.9, 0.95, 0.999}) {
      const double made = ValueRemaining(posteriors, leader, quantile);
      ASSERT_TRUE(std::isfinite(made));
      ASSERT_GE(made, last);
      last = made;
    }
  }
}

TEST(ValueRemainingTest, DoesNotDependOnTheOrderOfTheArms) {
  std::vector<Posterior> posteriors = {{21, 981}, {31, 971}, {6, 996}, {41, 961}, {1, 1}};
  const double made = ValueRemaining(posteriors, 3, 0.95);
  std::reverse(posteriors.begin(), posteriors.end());
  EXPECT_NEAR(ValueRemaining(posteriors, 1, 0.95), made, 1e-12 * made);
}

}  // namespace
}  // namespace mab::bandit
