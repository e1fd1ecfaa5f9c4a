#include "bandit/best_arm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "bandit/best_arm_quadrature.h"
#include "bandit/random_stream.h"
#include "bandit/rounding_error.h"
#include "bandit/statistical_checks.h"
#include "bandit/sum.h"

namespace mab::bandit {
namespace {

struct Reference {
  std::vector<Posterior> posteriors;
  std::vector<double> probability_best;
  std::vector<double> expected_loss;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/best_arm_reference.inc"
  };
  return references;
}

// best_arm.h promises 1e-9 for both.
constexpr double kProbabilityBound = 1e-12;
constexpr double kRelativeLossBound = 1e-11;

TEST(BestArmTest, AgreesWithFortyDigitReferences) {
  double worst_probability = 0;
  double worst_loss = 0;
  double worst_relative_loss = 0;
  double worst_estimate = 0;
  double worst_loss_estimate = 0;
  for (const Reference& reference : References()) {
    SCOPED_TRACE(testing::Message() << "reference " << (&reference - References().data()));
    const BestArm best = ComputeBestArm(reference.posteriors);
    ASSERT_EQ(best.probability_best.size(), reference.posteriors.size());
    for (size_t arm = 0; arm < reference.posteriors.size(); ++arm) {
      const double loss = reference.expected_loss[arm];
      const double p_error =
          std::fabs(best.probability_best[arm] - reference.probability_best[arm]);
      const double loss_error = std::fabs(best.expected_loss[arm] - loss);
      EXPECT_LE(p_error, kProbabilityBound) << "arm " << arm;
      EXPECT_LE(p_error, best.probability_error) << "arm " << arm;
      EXPECT_LE(loss_error, best.loss_error) << "arm " << arm;
      EXPECT_LE(loss_error, kRelativeLossBound * loss + 1e-24) << "arm " << arm;
      worst_probability = std::max(worst_probability, p_error);
      worst_loss = std::max(worst_loss, loss_error);
      worst_estimate = std::max(worst_estimate, best.probability_error);
      worst_loss_estimate = std::max(worst_loss_estimate, best.loss_error);
      if (loss > 1e-12) worst_relative_loss = std::max(worst_relative_loss, loss_error / loss);
    }
  }
  EXPECT_LT(worst_estimate, 1e-9);
  EXPECT_LT(worst_loss_estimate, 1e-9);
  printf(
      "worst error over %zu references: P(best) %.2g (worst estimate %.2g), loss %.2g absolute "
      "(worst estimate "
      "%.2g) and %.2g relative\n",
      References().size(), worst_probability, worst_estimate, worst_loss, worst_loss_estimate,
      worst_relative_loss);
}

// An estimate that could not grow would bound nothing. On meshes that are far too coarse the
// difference to a coarser one still bounds the error.
TEST(BestArmTest, ACoarserMeshTellsTheErrorOfAFinerOne) {
  double worst_error = 0;
  for (const Reference& reference : References()) {
    for (double length_scale : {3.0, 4.0}) {
      const BestArmIntegrals fine = IntegrateBestArm(reference.posteriors, length_scale);
      const BestArmIntegrals coarse = IntegrateBestArm(reference.posteriors, 1.5 * length_scale);
      double error = 0;
      double difference = 0;
      for (size_t arm = 0; arm < reference.posteriors.size(); ++arm) {
        const double made = fine.probability_best[arm];
        error = std::max(error, std::fabs(made - reference.probability_best[arm]));
        difference = std::max(difference, std::fabs(made - coarse.probability_best[arm]));
      }
      EXPECT_LE(error, difference + RoundingError(reference.posteriors));
      worst_error = std::max(worst_error, error);
    }
  }
  EXPECT_GT(worst_error, 1e-9);  // The meshes were too coarse indeed.
}

TEST(BestArmTest, TheExampleOfTheApi) {
  const BestArm best = ComputeBestArm({{371, 7621}, {641, 11371}});
  EXPECT_NEAR(best.probability_best[0], 0.01356, 5e-6);
  EXPECT_NEAR(best.probability_best[1], 0.98644, 5e-6);
  EXPECT_NEAR(best.expected_loss[0], 0.00696, 5e-6);
  EXPECT_NEAR(best.expected_loss[1], 0.0000152, 5e-8);
}

TEST(BestArmTest, SevenDayRetentionOfCookieCats) {
  const BestArm best = ComputeBestArm({{8503, 36199}, {8280, 37211}});
  EXPECT_GT(best.probability_best[0], 0.999);
}

TEST(BestArmTest, IdenticalArmsAreEquallyLikelyToBeBest) {
  for (size_t count : {2, 3, 10, 100}) {
    for (const Posterior& posterior : {Posterior{1, 1}, Posterior{0.1, 0.1}, Posterior{1, 1001},
                                       Posterior{0.1, 1e9}, Posterior{1e9, 1e9}}) {
      const BestArm best = ComputeBestArm(std::vector<Posterior>(count, posterior));
      for (size_t arm = 0; arm < count; ++arm) {
        EXPECT_NEAR(best.probability_best[arm], 1.0 / static_cast<double>(count), 1e-12);
        EXPECT_NEAR(best.expected_loss[arm] / best.expected_loss[0], 1, 1e-12);
      }
    }
  }
}

TEST(BestArmTest, OneArmIsBestAndNoArmsAreNone) {
  EXPECT_EQ(ComputeBestArm({{3, 4}}).probability_best, std::vector<double>{1.0});
  EXPECT_EQ(ComputeBestArm({{3, 4}}).expected_loss, std::vector<double>{0.0});
  EXPECT_TRUE(ComputeBestArm({}).probability_best.empty());
}

TEST(BestArmTest, DoesNotDependOnTheOrderOfTheArms) {
  std::vector<Posterior> posteriors = {{21, 981}, {31, 971}, {6, 996}, {41, 961}, {1, 1}};
  const BestArm best = ComputeBestArm(posteriors);
  std::reverse(posteriors.begin(), posteriors.end());
  const BestArm reversed = ComputeBestArm(posteriors);
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    const size_t mirror = posteriors.size() - 1 - arm;
    EXPECT_NEAR(best.probability_best[arm], reversed.probability_best[mirror], 1e-15);
    EXPECT_NEAR(best.expected_loss[arm], reversed.expected_loss[mirror], 1e-15);
  }
}

// E[max] − E[θ_k] differs between two arms by the difference of their means.
void ExpectLossesDifferByMeans(const std::vector<Posterior>& posteriors, const BestArm& best) {
  const auto mean = [&](size_t arm) { return posteriors[arm].mean(); };
  for (size_t arm = 1; arm < posteriors.size(); ++arm) {
    EXPECT_NEAR(best.expected_loss[arm] - best.expected_loss[0], mean(0) - mean(arm), 1e-12);
  }
}

// 0 % and 100 % arms, priors of 0.1, counts to 1e9, arms 1e9 apart in size: all orders of magnitude
// at once.
TEST(BestArmTest, HoldsItsInvariantsOverTheWholeParameterSpace) {
  RandomStream random(TestSalt(9), TestUser(30, 0), 1, 0);
  double worst_deviation = 0;
  for (int i = 0; i < 400; ++i) {
    const size_t count = 2 + static_cast<size_t>(random.NextUniform() * (i % 40 == 0 ? 99 : 11));
    std::vector<Posterior> posteriors(count);
    for (Posterior& posterior : posteriors) {
      posterior.alpha = 0.1 * std::pow(10, 10 * random.NextUniform());
      posterior.beta = 0.1 * std::pow(10, 10 * random.NextUniform());
      if (random.NextUniform() < 0.1) posterior.alpha = 0.1;
      if (random.NextUniform() < 0.1) posterior.beta = 0.1;
    }
    const double deviation = std::fabs(Sum(IntegrateBestArm(posteriors, 1.5).probability_best) - 1);
    worst_deviation = std::max(worst_deviation, deviation);
    const BestArm best = ComputeBestArm(posteriors);
    EXPECT_NEAR(Sum(best.probability_best), 1, 1e-15 * static_cast<double>(count));
    for (size_t arm = 0; arm < count; ++arm) {
      ASSERT_GE(best.probability_best[arm], 0);
      ASSERT_LE(best.probability_best[arm], 1);
      ASSERT_GE(best.expected_loss[arm], 0);
      ASSERT_LE(best.expected_loss[arm], 1 + 1e-12);
    }
    ExpectLossesDifferByMeans(posteriors, best);
  }
  // Far below the 1e-10 at which ComputeBestArm would shorten its panels.
  EXPECT_LT(worst_deviation, 1e-12);
  printf("worst deviation of the sum before it is normalised: %.2g\n", worst_deviation);
}

// Shorter panels change nothing: the mesh resolves what it integrates.
TEST(BestArmTest, HalvingThePanelsChangesNothing) {
  for (const Reference& reference : References()) {
    const BestArmIntegrals whole = IntegrateBestArm(reference.posteriors, 1.5);
    const BestArmIntegrals halved = IntegrateBestArm(reference.posteriors, 0.75);
    for (size_t arm = 0; arm < reference.posteriors.size(); ++arm) {
      EXPECT_NEAR(whole.probability_best[arm], halved.probability_best[arm], 1e-12);
      EXPECT_NEAR(whole.expected_loss[arm], halved.expected_loss[arm], 1e-12);
    }
  }
}

}  // namespace
}  // namespace mab::bandit
