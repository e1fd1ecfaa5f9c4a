#include "bandit/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/pair_quadrature.h"
#include "bandit/random_stream.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

struct Reference {
  Posterior control;
  Posterior arm;
  double level;
  double probability_better;
  double difference_mean;
  Interval difference;
  double lift_median;
  Interval lift;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/comparison_reference.inc"
  };
  return references;
}

// comparison.h promises 1e-12 and 1e-9.
constexpr double kProbabilityBound = 1e-12;
constexpr double kEndBound = 1e-10;

// Relative to the end, or where that is smaller, to the width.
double EndError(double end, double reference, const Interval& interval) {
  const double scale = std::max(std::fabs(reference), interval.upper - interval.lower);
  return std::fabs(end - reference) / scale;
}

double WorstEndError(const Interval& interval, const Interval& reference) {
  return std::max(EndError(interval.lower, reference.lower, reference),
                  EndError(interval.upper, reference.upper, reference));
}

TEST(ComparisonTest, AgreesWithFiftyDigitReferences) {
  ASSERT_GE(References().size(), 60u);
  double probability = 0, difference = 0, lift = 0, median = 0, mean = 0, estimate = 0;
  for (const Reference& reference : References()) {
    SCOPED_TRACE(testing::Message()
                 << reference.control.alpha << "," << reference.control.beta << " against "
                 << reference.arm.alpha << "," << reference.arm.beta << " " << reference.level);
    const Comparison made = CompareWithControl(reference.control, reference.arm, reference.level);
    const double p_error = std::fabs(made.probability_better - reference.probability_better);
    const double difference_error = WorstEndError(made.difference, reference.difference);
    const double lift_error = WorstEndError(made.lift, reference.lift);
    const double median_error = EndError(made.lift_median, reference.lift_median, reference.lift);
    const double mean_error =
        EndError(made.difference_mean, reference.difference_mean, reference.difference);
    EXPECT_LE(p_error, kProbabilityBound);
    EXPECT_LE(difference_error, kEndBound);
    EXPECT_LE(lift_error, kEndBound);
    EXPECT_LE(median_error, kEndBound);
    EXPECT_LE(mean_error, 1e-10);
    EXPECT_LE(p_error, made.probability_error);
    EXPECT_LE(made.probability_error, 1e-9);
    probability = std::max(probability, p_error);
    difference = std::max(difference, difference_error);
    lift = std::max(lift, lift_error);
    median = std::max(median, median_error);
    mean = std::max(mean, mean_error);
    estimate = std::max(estimate, made.probability_error);
  }
  printf(
      "worst error over %zu references: P(better) %.2g (estimate %.2g), of its end or width: "
      "difference %.2g, its mean "
      "%.2g, lift %.2g, its median %.2g\n",
      References().size(), probability, estimate, difference, mean, lift, median);
}

TEST(ComparisonTest, TheExampleOfTheApi) {
  const Comparison made = CompareWithControl({371, 7621}, {641, 11371}, 0.95);
  EXPECT_NEAR(made.probability_better, 0.98644, 5e-6);
  EXPECT_NEAR(made.difference_mean, 0.00694, 5e-6);
  EXPECT_NEAR(made.difference.lower, 0.00079, 5e-6);
  EXPECT_NEAR(made.difference.upper, 0.01303, 5e-6);
  EXPECT_NEAR(made.lift_median, 0.1499, 5e-5);
  EXPECT_NEAR(made.lift.lower, 0.0158, 5e-5);
  EXPECT_NEAR(made.lift.upper, 0.3038, 5e-5);
}

// E. Miller, "Formulas for Bayesian A/B testing": P(θ_k > θ_0) = Σ_{i < α_k} B(α_0 + i, β_0 + β_k)
// / ((β_k + i) B(1 + i, β_k) B(α_0, β_0)) for whole α_k.
double Miller(const Posterior& control, const Posterior& arm) {
  double sum = 0;
  for (int i = 0; i < static_cast<int>(arm.alpha); ++i) {
    sum += boost::math::beta(control.alpha + i, control.beta + arm.beta) /
           ((arm.beta + i) * boost::math::beta(1.0 + i, arm.beta) *
            boost::math::beta(control.alpha, control.beta));
  }
  return sum;
}

TEST(ComparisonTest, AgreesWithMillersClosedForm) {
  for (const Posterior& control : {Posterior{1, 1}, Posterior{3, 17}, Posterior{40, 60}}) {
    for (const Posterior& arm : {Posterior{1, 1}, Posterior{5, 16}, Posterior{60, 35}}) {
      EXPECT_NEAR(CompareWithControl(control, arm, 0.95).probability_better, Miller(control, arm),
                  1e-12);
    }
  }
  // Two exact fractions.
  EXPECT_NEAR(CompareWithControl({1, 1}, {2, 1}, 0.95).probability_better, 2.0 / 3, 1e-14);
  EXPECT_NEAR(CompareWithControl({2, 2}, {3, 1}, 0.95).probability_better, 4.0 / 5, 1e-14);
}

TEST(ComparisonTest, OfTwoUniformRatesHasClosedForms) {
  for (double level : {0.5, 0.9, 0.95, 0.999}) {
    const Comparison made = CompareWithControl({1, 1}, {1, 1}, level);
    EXPECT_NEAR(made.difference.upper, 1 - std::sqrt(1 - level), 1e-13);
    EXPECT_NEAR(made.difference.lower, -made.difference.upper, 1e-13);
    EXPECT_NEAR(made.lift.lower, -level, 1e-13);
    EXPECT_NEAR(made.lift.upper * (1 - level), level, 1e-12);
    EXPECT_EQ(made.lift_median, 0);
  }
}

Posterior RandomPosterior(RandomStream& random) {
  Posterior posterior{0.1 * std::pow(10, 10 * random.NextUniform()),
                      0.1 * std::pow(10, 10 * random.NextUniform())};
  if (random.NextUniform() < 0.1) posterior.alpha = 0.1;
  if (random.NextUniform() < 0.1) posterior.beta = 0.1;
  return posterior;
}

void ExpectSane(const Comparison& made) {
  ASSERT_GE(made.probability_better, 0);
  ASSERT_LE(made.probability_better, 1);
  ASSERT_GE(made.difference.lower, -1);
  ASSERT_LE(made.difference.lower, made.difference.upper);
  ASSERT_LE(made.difference.upper, 1);
  ASSERT_GE(made.lift.lower, -1);
  ASSERT_LE(made.lift.lower, made.lift_median);
  ASSERT_LE(made.lift_median, made.lift.upper);
  ASSERT_TRUE(std::isfinite(made.lift.upper));
  ASSERT_LE(std::fabs(made.difference_mean), 1);
  ASSERT_GE(made.probability_error, 0);
  ASSERT_LT(made.probability_error, 1e-9);
}

// 0 % and 100 % arms, priors of 0.1, counts to 1e9, arms 1e9 apart in size, ties: all orders of
// magnitude at once.
TEST(ComparisonTest, HoldsItsInvariantsOverTheWholeParameterSpace) {
  RandomStream random(TestSalt(11), TestUser(31, 0), 1, 0);
  double worst_sum = 0;
  double worst_mirror = 0;
  for (int i = 0; i < 300; ++i) {
    const Posterior control = RandomPosterior(random);
    Posterior arm = RandomPosterior(random);
    if (i % 3 == 0) arm = {control.alpha * (1 + random.NextUniform()), control.beta};
    if (i % 10 == 0) arm = control;
    SCOPED_TRACE(testing::Message() << control.alpha << "," << control.beta << " against "
                                    << arm.alpha << "," << arm.beta);
    const double level = 0.5 + 0.499 * random.NextUniform();
    const Comparison made = CompareWithControl(control, arm, level);
    const Comparison swapped = CompareWithControl(arm, control, level);
    ExpectSane(made);
    worst_sum =
        std::max(worst_sum, std::fabs(made.probability_better + swapped.probability_better - 1));
    const Interval mirrored{-swapped.difference.upper, -swapped.difference.lower};
    worst_mirror = std::max(worst_mirror, WorstEndError(made.difference, mirrored));
    // 1 / (1 + lift) of the swapped one; compared where it has digits.
    if (made.lift.lower > -0.999 && swapped.lift.upper > -0.999) {
      EXPECT_NEAR((1 + made.lift.lower) * (1 + swapped.lift.upper), 1, 1e-9);
    }
    EXPECT_EQ(made.difference_mean, -swapped.difference_mean);
  }
  EXPECT_LT(worst_sum, 1e-12);
  EXPECT_LT(worst_mirror, 1e-9);
  printf("worst deviation of P(a > b) + P(b > a) from 1: %.2g, of mirrored differences: %.2g\n",
         worst_sum, worst_mirror);
}

// The misses of both arms: differences mirror.
TEST(ComparisonTest, ExchangingConversionsAndMissesMirrorsTheDifference) {
  RandomStream random(TestSalt(12), TestUser(32, 0), 1, 0);
  for (int i = 0; i < 100; ++i) {
    const Posterior control = RandomPosterior(random);
    const Posterior arm = RandomPosterior(random);
    const Comparison made = CompareWithControl(control, arm, 0.95);
    const Comparison missed =
        CompareWithControl({control.beta, control.alpha}, {arm.beta, arm.alpha}, 0.95);
    EXPECT_NEAR(made.probability_better, 1 - missed.probability_better, 1e-12);
    EXPECT_LT(WorstEndError(made.difference, {-missed.difference.upper, -missed.difference.lower}),
              1e-9);
  }
}

TEST(ComparisonTest, IntervalsGrowWithTheLevel) {
  RandomStream random(TestSalt(13), TestUser(33, 0), 1, 0);
  for (int i = 0; i < 60; ++i) {
    const Posterior control = RandomPosterior(random);
    const Posterior arm = i % 2 == 0 ? control : RandomPosterior(random);
    Interval difference{1, -1};
    Interval lift{1e308, -1};
    for (double level : {1e-6, 0.5, 0.8, 0.95, 0.99, 0.9999, 1 - 1e-9}) {
      SCOPED_TRACE(testing::Message() << control.alpha << "," << control.beta << " against "
                                      << arm.alpha << "," << arm.beta << " " << level);
      const Comparison made = CompareWithControl(control, arm, level);
      ExpectSane(made);
      EXPECT_LE(made.difference.lower, difference.lower);
      EXPECT_GE(made.difference.upper, difference.upper);
      EXPECT_LE(made.lift.lower, lift.lower);
      EXPECT_GE(made.lift.upper, lift.upper);
      difference = made.difference;
      lift = made.lift;
    }
  }
}

// The quantiles of the difference and of the ratio on one side of 0 have P(better) between them.
TEST(ComparisonTest, IntervalsAreOnTheSideOfZeroThatProbabilityBetterSays) {
  RandomStream random(TestSalt(14), TestUser(34, 0), 1, 0);
  for (int i = 0; i < 100; ++i) {
    const Posterior control = RandomPosterior(random);
    const Posterior arm = {control.alpha * (0.5 + random.NextUniform()), control.beta};
    const Comparison made = CompareWithControl(control, arm, 0.95);
    if (made.probability_better > 0.975 + 1e-9) {
      EXPECT_GE(made.difference.lower, 0);
      EXPECT_GE(made.lift.lower, 0);
    } else if (made.probability_better < 0.975 - 1e-9) {
      EXPECT_LE(made.difference.lower, 0);
      EXPECT_LE(made.lift.lower, 0);
    }
  }
}

TEST(ComparisonTest, AllAgainstTheControlAreTheSameAsEachAlone) {
  const std::vector<Posterior> posteriors = {{371, 7621}, {641, 11371}, {1, 1}, {1e9, 1e9}};
  const std::vector<Comparison> all = CompareAllWithControl(posteriors, 1, 0.9);
  ASSERT_EQ(all.size(), posteriors.size());
  for (size_t arm : {0, 2, 3}) {
    const Comparison alone = CompareWithControl(posteriors[1], posteriors[arm], 0.9);
    EXPECT_EQ(all[arm].probability_better, alone.probability_better);
    EXPECT_EQ(all[arm].difference.lower, alone.difference.lower);
    EXPECT_EQ(all[arm].lift.upper, alone.lift.upper);
  }
  EXPECT_EQ(all[1].probability_better, 0);
  EXPECT_EQ(all[1].difference.upper, 0);
  EXPECT_EQ(all[1].lift_median, 0);
}

TEST(ComparisonTest, OfTwoArmsIsProbabilityBest) {
  const Posterior a{1001, 999999001};
  const Posterior b{1051, 999998951};
  EXPECT_NEAR(CompareWithControl(a, b, 0.95).probability_better,
              ComputeBestArm({a, b}).probability_best[1], 1e-13);
}

}  // namespace
}  // namespace mab::bandit
