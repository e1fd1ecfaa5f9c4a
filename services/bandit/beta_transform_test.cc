#include "bandit/beta_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <complex>
#include <cstdio>
#include <vector>

namespace mab::bandit {
namespace {

using Complex = std::complex<double>;

struct Reference {
  Posterior posterior;
  double frequency;
  double real;
  double imaginary;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/beta_transform_reference.inc"
  };
  return references;
}

// At `steps` equal steps up to the frequency, so that the products of factors count too.
Complex TransformAt(const Posterior& posterior, double frequency, int steps) {
  BetaTransform transform(posterior);
  transform.Start(frequency / steps);
  Complex value;
  for (int i = 0; i < steps; ++i) value = transform.Next();
  return value;
}

TEST(BetaTransformTest, AgreesWithThirtyDigitReferences) {
  double worst = 0;
  for (const Reference& reference : References()) {
    for (int steps : {1, 7, 3000}) {
      const double error = std::abs(TransformAt(reference.posterior, reference.frequency, steps) -
                                    Complex(reference.real, reference.imaginary));
      EXPECT_LE(error, 1e-12) << reference.posterior.alpha << " " << reference.posterior.beta << " "
                              << reference.frequency << " in " << steps;
      worst = std::max(worst, error);
    }
  }
  printf("worst absolute error of a transform over %zu references: %.2g\n", References().size(),
         worst);
}

// Beta(a, b) with a large b is Gamma(a) / b, but for a part in b.
TEST(BetaTransformTest, OfRareConversionsIsAGammas) {
  const double b = 1e9;
  for (double a : {0.5, 1.0, 7.0, 60.0, 300.0, 1000.0}) {
    for (double scaled : {0.01, 0.3, 1.0, 5.0, 300.0, 1e5}) {
      const Complex gamma = std::exp(-a * std::log(Complex(1, -scaled)) - Complex(0, scaled * a));
      // Beyond, nobody reads a transform that is this small already.
      if (std::abs(gamma) < 1e-14 && a > 100) continue;
      EXPECT_LE(std::abs(TransformAt({a, b}, scaled * b, 50) - gamma), 1e-6) << a << " " << scaled;
    }
  }
}

TEST(BetaTransformTest, IsConjugatedByTheSignAndByTheMirror) {
  const Complex value = TransformAt({3, 40}, 12, 5);
  EXPECT_LE(std::abs(TransformAt({3, 40}, -12, 5) - std::conj(value)), 1e-15);
  EXPECT_LE(std::abs(TransformAt({40, 3}, 12, 5) - std::conj(value)), 1e-15);
}

TEST(BetaTransformTest, SupportLeavesOutNextToNothing) {
  for (const Posterior& posterior : {Posterior{1, 1}, Posterior{0.1, 7}, Posterior{371, 7621},
                                     Posterior{40, 2}, Posterior{1e6, 1e6}}) {
    const BetaTransform transform(posterior);
    const double mean = posterior.mean();
    EXPECT_LT(transform.lowest(), 0);
    EXPECT_GT(transform.highest(), 0);
    const double low = std::max(0.0, mean + transform.lowest());
    const double high = std::min(1.0, mean + transform.highest());
    EXPECT_LE(boost::math::ibeta(posterior.alpha, posterior.beta, low), 1e-13);
    EXPECT_LE(boost::math::ibetac(posterior.alpha, posterior.beta, high), 1e-13);
  }
}

}  // namespace
}  // namespace mab::bandit
