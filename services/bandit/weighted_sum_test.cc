#include "bandit/weighted_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "bandit/beta_sampler.h"
#include "bandit/comparison.h"
#include "bandit/sanitized_build.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

struct Reference {
  std::vector<Posterior> posteriors;
  std::vector<double> weights;
  double level;
  double lower;
  double upper;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/weighted_sum_reference.inc"
  };
  return references;
}

double Width(const Interval& interval) { return interval.upper - interval.lower; }

// Of the interval's width: where the density is not extreme, also of the probability beyond an end.
TEST(WeightedSumTest, AgreesWithThirtyDigitReferences) {
  double worst = 0;
  for (const Reference& reference : References()) {
    const Interval interval =
        SummarizeWeightedSum(reference.posteriors, reference.weights, reference.level).interval;
    const double width = reference.upper - reference.lower;
    const double error = std::max(std::fabs(interval.lower - reference.lower),
                                  std::fabs(interval.upper - reference.upper)) /
                         width;
    EXPECT_LE(error, 1e-9) << reference.posteriors.size() << " arms, first "
                           << reference.posteriors[0].alpha << " " << reference.posteriors[0].beta
                           << " level " << reference.level;
    worst = std::max(worst, error);
  }
  printf("worst error over %zu references: %.2g of the width\n", References().size(), worst);
}

TEST(WeightedSumTest, OfNothingIsZero) {
  const WeightedSum sum = SummarizeWeightedSum({{1, 1}, {5, 3}, {1e9, 1}}, {0, 0, 0}, 0.95);
  EXPECT_EQ(sum.mean, 0);
  EXPECT_EQ(sum.interval.lower, 0);
  EXPECT_EQ(sum.interval.upper, 0);
}

TEST(WeightedSumTest, OfOneArmIsItsCredibleInterval) {
  const Interval rate = CredibleInterval({371, 7621}, 0.9);
  const WeightedSum sum = SummarizeWeightedSum({{1, 1}, {371, 7621}}, {0, -1000}, 0.9);
  EXPECT_NEAR(sum.mean, -1000 * 371.0 / 7992, 1e-12);
  EXPECT_NEAR(sum.interval.lower, -1000 * rate.upper, 1e-10);
  EXPECT_NEAR(sum.interval.upper, -1000 * rate.lower, 1e-10);
}

// The density of c1 U1 + c2 U2 is a trapezium: F(x) = x² / (2 c1 c2) up to the smaller weight, then
// (x − c2/2) / c1.
TEST(WeightedSumTest, OfTwoUniformsIsATrapezium) {
  double worst = 0;
  // At 0.05 the lower end is where the slope begins, a kink of the density.
  for (double small : {1.0, 0.7, 0.1, 0.05, 0.049, 0.01, 1e-3, 1e-4, 1e-6, 1e-9, 1e-13}) {
    for (double sign : {1.0, -1.0}) {
      const double tail = 0.025;
      const double lower = tail < small / 2 ? std::sqrt(2 * tail * small) : tail + small / 2;
      const WeightedSum sum = SummarizeWeightedSum({{1, 1}, {1, 1}}, {1, sign * small}, 0.95);
      const double offset = sign > 0 ? 0 : -small;
      const double error = std::max(std::fabs(sum.interval.lower - (offset + lower)),
                                    std::fabs(sum.interval.upper - (1 + offset + small - lower)));
      EXPECT_LE(error, 1e-9) << small << " " << sign;
      EXPECT_NEAR(sum.mean, 0.5 + sign * small / 2, 1e-15);
      worst = std::max(worst, error);
    }
  }
  printf("worst error of a trapezium's quantile: %.2g\n", worst);
}

// The difference of two rates is computed by another method in comparison.h.
TEST(WeightedSumTest, OfADifferenceAgreesWithTheComparison) {
  const std::vector<Posterior> posteriors = {
      {1, 1},       {1, 50},     {1, 1e4},     {3, 400},    {371, 7621},
      {641, 11371}, {5e4, 1e6},  {1e6, 999e6}, {1e3, 1e9},  {5e8, 5e8 + 1e4},
      {1e9, 1},     {60, 70},    {63, 1e5},    {65, 1e5},   {2.5, 1e9},
      {1e9, 1e9},   {30, 0.999}, {1.5, 1.5},   {1e5, 0.99}, {1000001, 1e7}};
  double worst = 0;
  for (const Posterior& control : posteriors) {
    for (const Posterior& arm : posteriors) {
      SCOPED_TRACE(testing::Message() << arm.alpha << " " << arm.beta << " minus " << control.alpha
                                      << " " << control.beta);
      const Comparison comparison = CompareWithControl(control, arm, 0.95);
      const WeightedSum sum = SummarizeWeightedSum({control, arm}, {-1, 1}, 0.95);
      const double error = std::max(std::fabs(sum.interval.lower - comparison.difference.lower),
                                    std::fabs(sum.interval.upper - comparison.difference.upper)) /
                           Width(comparison.difference);
      EXPECT_LE(error, 1e-8);
      EXPECT_NEAR(sum.mean, comparison.difference_mean, 1e-15);
      worst = std::max(worst, error);
    }
  }
  printf("worst distance from the comparison: %.2g of the width\n", worst);
}

TEST(WeightedSumTest, HasItsProbabilitiesInASimulation) {
  const uint64_t draws = kSanitizedBuild ? 20'000 : 200'000;
  struct Case {
    std::vector<Posterior> posteriors;
    std::vector<double> weights;
  };
  const std::vector<Case> cases = {
      {{{1, 51}, {30, 900}, {3, 70}, {1, 1}}, {400, -300, -120, 20}},
      {{{0.5, 0.5}, {0.2, 3}, {2, 0.3}}, {1, 2, -1}},
      {{{5, 95}, {9, 91}, {7, 93}, {6, 94}, {4, 96}, {12, 88}, {1, 99}, {2, 98}, {3, 97}, {8, 92}},
       {-30, 50, 40, -20, -10, 80, -40, -35, -25, -10}}};
  constexpr double kLevel = 0.9;
  for (size_t c = 0; c < cases.size(); ++c) {
    const auto& [posteriors, weights] = cases[c];
    const WeightedSum sum = SummarizeWeightedSum(posteriors, weights, kLevel);
    RandomStream stream(TestSalt(41), TestUser(41, c), 1, kFirstArmStream);
    uint64_t below = 0;
    uint64_t above = 0;
    for (uint64_t i = 0; i < draws; ++i) {
      double value = 0;
      for (size_t k = 0; k < weights.size(); ++k) {
        const double odds = DrawBetaOdds(posteriors[k], stream);
        value += weights[k] * (odds / (1 + odds));
      }
      below += value < sum.interval.lower;
      above += value > sum.interval.upper;
    }
    EXPECT_GT(ChiSquarePValue({below, draws - below - above, above},
                              {(1 - kLevel) / 2, kLevel, (1 - kLevel) / 2}),
              kErrorRate)
        << "case " << c << ": " << below << " " << above;
  }
}

TEST(WeightedSumTest, MovesWithTheUnitAndTheSignOfTheWeights) {
  const std::vector<Posterior> posteriors = {{3, 40}, {12, 9}, {1, 1}};
  const WeightedSum sum = SummarizeWeightedSum(posteriors, {1, -2, 0.5}, 0.95);
  const WeightedSum large = SummarizeWeightedSum(posteriors, {1e9, -2e9, 0.5e9}, 0.95);
  EXPECT_NEAR(large.interval.lower / 1e9, sum.interval.lower, 1e-12);
  EXPECT_NEAR(large.interval.upper / 1e9, sum.interval.upper, 1e-12);
  const WeightedSum turned = SummarizeWeightedSum(posteriors, {-1, 2, -0.5}, 0.95);
  EXPECT_NEAR(turned.interval.lower, -sum.interval.upper, 1e-12);
  EXPECT_NEAR(turned.interval.upper, -sum.interval.lower, 1e-12);
  EXPECT_NEAR(turned.mean, -sum.mean, 1e-15);
}

// The same arm cut in pieces: many arms of one kind.
TEST(WeightedSumTest, OfAHundredUniformsIsWithinItsSupportAndSymmetric) {
  const std::vector<Posterior> posteriors(100, Posterior{1, 1});
  const WeightedSum sum = SummarizeWeightedSum(posteriors, std::vector<double>(100, 1), 0.95);
  EXPECT_NEAR(sum.mean, 50, 1e-12);
  EXPECT_NEAR(sum.interval.lower + sum.interval.upper, 100, 1e-8);
  // A Gaussian of the same deviation, 100/12 squared, is near.
  EXPECT_NEAR(sum.interval.upper - 50, 1.96 * std::sqrt(100.0 / 12), 0.01);
}

TEST(WeightedSumTest, StaysOrderedAndInsideTheSupportForEveryParameter) {
  const std::vector<double> parameters = {0.1, 0.5, 1, 1.5, 30, 1e4, 1e9};
  const std::vector<double> weights = {1e9, -1e9, 1, -1e-3, 0};
  RandomStream stream(TestSalt(42), TestUser(42, 0), 1, kFirstArmStream);
  const auto pick = [&](const std::vector<double>& from) {
    return from[static_cast<size_t>(stream.NextUniform() * static_cast<double>(from.size()))];
  };
  const int runs = kSanitizedBuild ? 20 : 100;
  for (int run = 0; run < runs; ++run) {
    const size_t count = run % 20 == 0 ? 100 : 1 + static_cast<size_t>(stream.NextUniform() * 5);
    std::vector<Posterior> posteriors;
    std::vector<double> chosen;
    double low = 0;
    double high = 0;
    testing::Message trace;
    for (size_t k = 0; k < count; ++k) {
      posteriors.push_back({pick(parameters), pick(parameters)});
      chosen.push_back(pick(weights));
      low += std::min(0.0, chosen[k]);
      high += std::max(0.0, chosen[k]);
      trace << chosen[k] << "*(" << posteriors[k].alpha << "," << posteriors[k].beta << ") ";
    }
    SCOPED_TRACE(trace);
    double last = -1;
    for (double level : {1e-6, 0.5, 0.95, 0.999999}) {
      const WeightedSum sum = SummarizeWeightedSum(posteriors, chosen, level);
      ASSERT_TRUE(std::isfinite(sum.mean));
      EXPECT_LE(low, sum.interval.lower);
      EXPECT_LE(sum.interval.lower, sum.interval.upper);
      EXPECT_LE(sum.interval.upper, high);
      // Wider with the level, but for the error that one-arm sums next to poles have.
      EXPECT_GE(Width(sum.interval), last * (1 - 1e-3));
      last = Width(sum.interval);
    }
  }
}

}  // namespace
}  // namespace mab::bandit
