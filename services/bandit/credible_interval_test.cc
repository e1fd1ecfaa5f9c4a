#include "bandit/credible_interval.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

namespace mab::bandit {
namespace {

struct Reference {
  Posterior posterior;
  double level;
  double lower;
  double upper;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/credible_interval_reference.inc"
  };
  return references;
}

// The interface asks for 1e-7.
constexpr double kRelativeBound = 1e-12;

TEST(CredibleIntervalTest, AgreesWithFortyDigitReferences) {
  double worst = 0;
  for (const Reference& reference : References()) {
    const Interval interval = CredibleInterval(reference.posterior, reference.level);
    const double lower_error = std::fabs(interval.lower / reference.lower - 1);
    const double upper_error = std::fabs(interval.upper / reference.upper - 1);
    EXPECT_LE(std::max(lower_error, upper_error), kRelativeBound)
        << reference.posterior.alpha << " " << reference.posterior.beta << " " << reference.level;
    worst = std::max({worst, lower_error, upper_error});
  }
  printf("worst relative error of a bound over %zu references: %.2g\n", References().size(), worst);
}

TEST(CredibleIntervalTest, OfTheExample) {
  const Interval interval = CredibleInterval({371, 7621}, 0.95);
  EXPECT_NEAR(interval.lower, 0.04192, 5e-6);
  EXPECT_NEAR(interval.upper, 0.05114, 5e-6);
}

TEST(CredibleIntervalTest, BoundsAreTheQuantiles) {
  for (double alpha : {0.3, 1.0, 4.0, 90.0}) {
    for (double beta : {0.2, 1.0, 30.0, 5000.0}) {
      for (double level : {0.01, 0.5, 0.9, 0.99, 0.999999}) {
        const Interval interval = CredibleInterval({alpha, beta}, level);
        const double tail = (1 - level) / 2;
        EXPECT_NEAR(boost::math::ibeta(alpha, beta, interval.lower) / tail, 1, 1e-9);
        if (interval.upper < 0.999) {
          EXPECT_NEAR(boost::math::ibetac(alpha, beta, interval.upper) / tail, 1, 1e-9);
        }
      }
    }
  }
}

TEST(CredibleIntervalTest, StaysOrderedAndInsideZeroToOneForEveryParameter) {
  const std::vector<double> parameters = {0.1, 0.11, 0.5, 1, 1.5, 10, 1e3, 1e5, 1e7, 1e9};
  for (double alpha : parameters) {
    for (double beta : parameters) {
      double last_lower = 1;
      double last_upper = 0;
      for (double level : {1e-9, 0.5, 0.95, 0.9999, 1 - 1e-12}) {
        SCOPED_TRACE(testing::Message() << alpha << " " << beta << " " << level);
        const Interval interval = CredibleInterval({alpha, beta}, level);
        EXPECT_GE(interval.lower, 0);
        EXPECT_LE(interval.lower, interval.upper);
        EXPECT_LE(interval.upper, 1);
        EXPECT_LE(interval.lower, last_lower);
        EXPECT_GE(interval.upper, last_upper);
        last_lower = interval.lower;
        last_upper = interval.upper;
      }
    }
  }
}

TEST(CredibleIntervalTest, IsMirroredWithItsParameters) {
  const Interval interval = CredibleInterval({3, 40}, 0.9);
  const Interval mirrored = CredibleInterval({40, 3}, 0.9);
  EXPECT_NEAR(interval.lower, 1 - mirrored.upper, 1e-15);
  EXPECT_NEAR(interval.upper, 1 - mirrored.lower, 1e-15);
}

}  // namespace
}  // namespace mab::bandit
