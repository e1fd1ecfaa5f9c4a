#include "bandit/confidence_sequence.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

#include "bandit/beta_sampler.h"
#include "bandit/sanitized_build.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

struct Reference {
  uint64_t trials;
  uint64_t conversions;
  double level;
  double lower;
  double upper;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/confidence_sequence_reference.inc"
  };
  return references;
}

double RelativeError(double value, double reference) {
  return reference == 0 ? std::fabs(value) : std::fabs(value / reference - 1);
}

TEST(ConfidenceSequenceTest, AgreesWithSixtyDigitReferences) {
  double worst = 0;
  for (const Reference& reference : References()) {
    const Interval interval =
        ConfidenceSequence(reference.trials, reference.conversions, reference.level);
    const double error = std::max(RelativeError(interval.lower, reference.lower),
                                  RelativeError(interval.upper, reference.upper));
    EXPECT_LE(error, 1e-12) << reference.conversions << "/" << reference.trials << " "
                            << reference.level;
    worst = std::max(worst, error);
  }
  printf("worst relative error of a bound over %zu references: %.2g\n", References().size(), worst);
}

TEST(ConfidenceSequenceTest, KnowsNothingWithoutTrials) {
  const Interval interval = ConfidenceSequence(0, 0, 0.95);
  EXPECT_EQ(interval.lower, 0);
  EXPECT_EQ(interval.upper, 1);
}

TEST(ConfidenceSequenceTest, IsOneSidedAtNoneAndAtAll) {
  const Interval none = ConfidenceSequence(1000, 0, 0.95);
  EXPECT_EQ(none.lower, 0);
  const Interval all = ConfidenceSequence(1000, 1000, 0.95);
  EXPECT_EQ(all.upper, 1);
  EXPECT_NEAR(none.upper, 1 - all.lower, 1e-15);
}

TEST(ConfidenceSequenceTest, HoldsTheObservedRateAndGrowsWithTheLevel) {
  for (uint64_t trials : {1ull, 2ull, 17ull, 1000ull, 1'000'000ull, 1'000'000'000ull}) {
    for (uint64_t conversions :
         {uint64_t{0}, uint64_t{1}, trials / 3, trials / 2, trials - 1, trials}) {
      Interval last{1, 0};
      for (double level : {1e-9, 0.1, 0.5, 0.95, 0.999999, 1 - 1e-15}) {
        SCOPED_TRACE(testing::Message() << conversions << "/" << trials << " " << level);
        const Interval interval = ConfidenceSequence(trials, conversions, level);
        const double rate = static_cast<double>(conversions) / static_cast<double>(trials);
        EXPECT_GE(interval.lower, 0);
        EXPECT_LE(interval.lower, rate);
        EXPECT_GE(interval.upper, rate);
        EXPECT_LE(interval.upper, 1);
        EXPECT_LE(interval.lower, last.lower);
        EXPECT_GE(interval.upper, last.upper);
        last = interval;
      }
    }
  }
}

TEST(ConfidenceSequenceTest, IsMirroredWithItsCounts) {
  for (uint64_t conversions : {1ull, 40ull, 500ull}) {
    const Interval interval = ConfidenceSequence(1000, conversions, 0.9);
    const Interval mirrored = ConfidenceSequence(1000, 1000 - conversions, 0.9);
    EXPECT_NEAR(interval.lower, 1 - mirrored.upper, 1e-15);
    EXPECT_NEAR(interval.upper, 1 - mirrored.lower, 1e-15);
  }
}

// One experiment under Thompson allocation, looked at after every trial: does the interval of any
// arm ever exclude its true rate?
struct Peeking {
  bool sequence_excludes = false;
  bool credible_interval_excludes = false;
};

Peeking RunPeeking(uint64_t index, double level) {
  constexpr int kTrials = 500;
  const std::vector<double> rates = {0.05, 0.3, 0.35};
  std::vector<uint64_t> trials(rates.size());
  std::vector<uint64_t> conversions(rates.size());
  RandomStream stream(TestSalt(31), TestUser(31, index), 1, kFirstArmStream);
  Peeking result;
  for (int trial = 0; trial < kTrials; ++trial) {
    size_t arm = 0;
    double best_odds = -1;
    Posterior posterior;
    for (size_t k = 0; k < rates.size(); ++k) {
      const Posterior candidate{1.0 + static_cast<double>(conversions[k]),
                                1.0 + static_cast<double>(trials[k] - conversions[k])};
      const double odds = DrawBetaOdds(candidate, stream);
      if (odds > best_odds) {
        best_odds = odds;
        arm = k;
      }
    }
    ++trials[arm];
    conversions[arm] += stream.NextUniform() < rates[arm];
    // Only this arm's intervals have changed.
    const Interval interval = ConfidenceSequence(trials[arm], conversions[arm], level);
    if (arm == 1) {
      result.sequence_excludes |= rates[arm] < interval.lower || rates[arm] > interval.upper;
      const double below =
          boost::math::ibeta(1.0 + static_cast<double>(conversions[arm]),
                             1.0 + static_cast<double>(trials[arm] - conversions[arm]), rates[arm]);
      result.credible_interval_excludes |= std::min(below, 1 - below) < (1 - level) / 2;
    }
  }
  return result;
}

TEST(ConfidenceSequenceTest, HoldsTheTruthUnderThompsonAllocationAndPeeking) {
  constexpr double kLevel = 0.9;
  const uint64_t runs = kSanitizedBuild ? 300 : 2000;
  uint64_t excluded = 0;
  uint64_t excluded_by_credible_interval = 0;
  for (uint64_t i = 0; i < runs; ++i) {
    const Peeking peeking = RunPeeking(i, kLevel);
    excluded += peeking.sequence_excludes;
    excluded_by_credible_interval += peeking.credible_interval_excludes;
  }
  printf("truth ever excluded at alpha 0.1: by the sequence %.4f, by the credible interval %.4f\n",
         static_cast<double>(excluded) / static_cast<double>(runs),
         static_cast<double>(excluded_by_credible_interval) / static_cast<double>(runs));
  const boost::math::binomial at_alpha(static_cast<double>(runs), 1 - kLevel);
  // A true share of alpha would show as many or more with probability kErrorRate.
  EXPECT_GT(boost::math::cdf(complement(at_alpha, static_cast<double>(excluded))), kErrorRate);
  // What it is there for: without it, peeking is wrong several times as often as promised.
  EXPECT_GT(excluded_by_credible_interval, runs / 4);
}

}  // namespace
}  // namespace mab::bandit
