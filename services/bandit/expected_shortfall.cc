#include "bandit/expected_shortfall.h"

#include <algorithm>
#include <cmath>

#include "bandit/gauss_panel.h"
#include "bandit/highest_rate.h"
#include "bandit/tabulated_distribution.h"

namespace mab::bandit {
namespace {

double RateOf(double logit) {
  const double e = std::exp(-std::fabs(logit));
  return logit < 0 ? e / (1 + e) : 1 / (1 + e);
}

// dθ/du.
double RateSlope(double logit) {
  const double e = std::exp(-std::fabs(logit));
  return e / ((1 + e) * (1 + e));
}

double Shortfall(const TabulatedDistribution& outside, const TabulatedDistribution& highest) {
  // Panels that resolve the densities are shorter than their integrals need; θ itself has its
  // branch points at imaginary part π.
  constexpr double kStride = 2;
  constexpr double kLongest = 3;
  const GaussPanel& rule = TheGaussPanel();
  const double from = outside.lower();
  const double to = highest.upper();
  // Between the two the integrand is 1.
  const double sure_from = std::min(outside.upper(), to);
  const double sure_to = std::max(highest.lower(), from);
  double sum = 0;
  size_t outside_cursor = 0;
  size_t highest_cursor = 0;
  for (double left = from; left < to;) {
    if (left >= sure_from && left < sure_to) {
      sum += RateOf(sure_to) - RateOf(left);
      left = sure_to;
      continue;
    }
    double right = std::min(
        {to, left + kLongest, outside.Advance(left, kStride), highest.Advance(left, kStride)});
    if (left < sure_from && sure_from < sure_to) right = std::min(right, sure_from);
    const double half = (right - left) / 2;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const double u = left + half * (1 + rule.nodes[i]);
      sum += half * rule.weights[i] * outside.Read(u, outside_cursor).below *
             highest.Read(u, highest_cursor).above * RateSlope(u);
    }
    left = right;
  }
  return sum;
}

}  // namespace

std::vector<double> ExpectedShortfalls(const std::vector<Posterior>& racing,
                                       const std::vector<Posterior>& outside) {
  std::vector<double> shortfalls;
  if (outside.empty()) return shortfalls;
  const TabulatedDistribution highest = HighestRate(racing);
  shortfalls.reserve(outside.size());
  for (const Posterior& posterior : outside) {
    shortfalls.push_back(Shortfall(TabulatedDistribution(posterior), highest));
  }
  return shortfalls;
}

}  // namespace mab::bandit
