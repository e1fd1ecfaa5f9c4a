#include "bandit/confidence_sequence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "bandit/logit_posterior.h"

namespace mab::bandit {
namespace {

// Where the series below have all digits.
constexpr double kLarge = 16;

// Σ_k coefficients[k] / x^(2k + 1).
double InverseOddPowers(const std::array<double, 5>& coefficients, double x) {
  double sum = 0;
  for (size_t k = coefficients.size(); k-- > 0;) sum = sum / (x * x) + coefficients[k];
  return sum / x;
}

double LogTwoPiOver2() { return 0.5 * std::log(2 * std::numbers::pi); }

// log n! − ((n + ½) log n − n + ½ log 2π), n >= 1: Stirling's error (Loader, "Fast and accurate
// computation of binomial probabilities", 2000).
double FactorialError(double n) {
  if (n >= kLarge) {
    return InverseOddPowers({1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188}, n);
  }
  double factorial = 1;
  for (double i = 2; i <= n; ++i) factorial *= i;
  return std::log(factorial) - ((n + 0.5) * std::log(n) - n + LogTwoPiOver2());
}

// log Γ(s + ½) − (s log s − s + ½ log 2π), s >= 1.
double HalfError(double s) {
  if (s >= kLarge) {
    return InverseOddPowers({-1.0 / 24, 7.0 / 2880, -31.0 / 40320, 127.0 / 215040, -511.0 / 608256},
                            s);
  }
  double gamma = std::sqrt(std::numbers::pi);
  for (double i = 0; i < s; ++i) gamma *= i + 0.5;
  return std::log(gamma) - (s * std::log(s) - s + LogTwoPiOver2());
}

// log of the likelihood at the observed rate over the average likelihood, B(½, ½) p̂^s (1 − p̂)^(n−s)
// / B(s + ½, n − s + ½): positive. The terms in n log n have cancelled on paper; log-gamma
// functions would lose nine digits to them at 1e9 trials.
double LogRegret(double trials, double conversions) {
  const double rest = trials - conversions;
  // Γ(½) = √π for a count of 0.
  const double first = conversions == 0 ? 0.5 * std::log(std::numbers::pi) - LogTwoPiOver2()
                                        : HalfError(conversions);
  const double second =
      rest == 0 ? 0.5 * std::log(std::numbers::pi) - LogTwoPiOver2() : HalfError(rest);
  return 0.5 * std::log(std::numbers::pi * trials / 2) + FactorialError(trials) - first - second;
}

// The rate on the side of `direction` (±1) of the observed one at which the log-likelihood is
// `depth` below its peak. Newton in u = logit p, in which the deviance is convex: from the second
// point on it comes down to the root from outside.
double RateAtDepth(double trials, double conversions, double depth, double direction) {
  constexpr int kSteps = 100;
  constexpr double kTolerance = 1e-15;
  const double rest = trials - conversions;
  const double rate = conversions / trials;
  const LogitPosterior likelihood({conversions, rest});
  const double mode = std::log(conversions / rest);
  // Where the rarer outcome grows, the deviance does exponentially, as of a Poisson rate; where it
  // shrinks, in proportion.
  const double fewer = std::min(conversions, rest);
  const bool grows = (direction > 0) == (conversions < rest);
  const double first = std::sqrt(2 * depth / conversions * (trials / rest));
  double u =
      mode + direction * (grows ? std::log1p(depth / fewer + std::sqrt(2 * depth / fewer)) : first);
  for (int i = 0; i < kSteps; ++i) {
    const double p = 1 / (1 + std::exp(-u));
    const double excess = -std::log(likelihood.RelativeDensity(u)) - depth;
    const double step = excess / (trials * (p - rate));
    u -= step;
    if (std::fabs(step) <= kTolerance * std::max(1.0, std::fabs(u))) break;
  }
  return 1 / (1 + std::exp(-u));
}

}  // namespace

Interval ConfidenceSequence(uint64_t trials, uint64_t conversions, double level) {
  if (trials == 0) return {0, 1};
  const double n = static_cast<double>(trials);
  const double s = static_cast<double>(conversions);
  const double depth = LogRegret(n, s) - std::log1p(-level);
  if (conversions == 0) return {0, -std::expm1(-depth / n)};
  if (conversions == trials) return {std::exp(-depth / n), 1};
  const double rate = s / n;
  return {std::min(rate, RateAtDepth(n, s, depth, -1)),
          std::max(rate, RateAtDepth(n, s, depth, +1))};
}

}  // namespace mab::bandit
