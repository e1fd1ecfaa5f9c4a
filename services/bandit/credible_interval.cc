#include "bandit/credible_interval.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "bandit/gauss_panel.h"
#include "bandit/logit_posterior.h"

namespace mab::bandit {
namespace {

double RateOf(double logit) { return 1 / (1 + std::exp(-logit)); }

// ∫ from `left` to `right` of the relative density, an interval not longer than a panel. Negative
// when right < left.
double MassOfPanel(const LogitPosterior& posterior, double left, double right) {
  const GaussPanel& rule = TheGaussPanel();
  const double half = (right - left) / 2;
  double sum = 0;
  for (size_t i = 0; i < kPanelNodes; ++i) {
    sum += rule.weights[i] * posterior.RelativeDensity(left + half * (1 + rule.nodes[i]));
  }
  return half * sum;
}

// ∫ of the relative density from where it is negligible beside what it is at u, up to u.
double MassBelow(const LogitPosterior& posterior, double u) {
  constexpr double kDepth = 37;  // e^-37 is 1e-16.
  const double depth = -std::log(std::max(posterior.RelativeDensity(u), 1e-300));
  double left = std::min(u, posterior.LowerEdge(depth + kDepth));
  double sum = 0;
  while (left < u) {
    const double right =
        std::min(u, left + posterior.PanelLength(left, LogitPosterior::Use::kWholeIntegral));
    sum += MassOfPanel(posterior, left, right);
    left = right;
  }
  return sum;
}

// Hastings, "Approximations for digital computers" (1955): a normal quantile to 5e-4, for tails up
// to a half.
double NormalQuantile(double tail) {
  const double t = std::sqrt(-2 * std::log(tail));
  return (2.515517 + t * (0.802853 + t * 0.010328)) /
             (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
         t;
}

// About where F is `tail`: by the power law of F near 0 for the smallest alphas, else by Cornish
// and Fisher's correction of a normal quantile, with the cumulants of logit θ to their leading
// terms.
double Guess(const Posterior& posterior, double tail, double target) {
  constexpr double kSmall = 2;
  const double a = posterior.alpha;
  const double b = posterior.beta;
  if (a < kSmall) {
    // F = θ^a / (a B(a, b)) (1 + O(θ)), and `target` is F B(a, b) over the peak, θ*^a (1 − θ*)^b.
    return (std::log(target) + std::log(a) + b * std::log1p(-a / (a + b))) / a +
           std::log(a / (a + b));
  }
  const double variance = 1 / (a - 0.5) + 1 / std::max(b - 0.5, 0.3 * b);
  const double mean = std::log(a / b) - 0.5 / a + 0.5 / b;
  const double third = 1 / (b * b) - 1 / (a * a);
  const double z = NormalQuantile(tail);
  return mean + std::sqrt(variance) * z + third / variance * (z * z - 1) / 6;
}

// The logit u with F(u) = tail, for a tail up to a half: Halley's iteration on log F, which is
// concave since the density is log-concave. F is integrated once; then it moves by the mass of the
// step.
double LowerQuantile(const Posterior& of, double tail) {
  constexpr int kSteps = 100;
  constexpr double kTolerance = 1e-5;  // Of log F. Halley cubes what is left.
  constexpr double kNear = 1;  // In log F: a step that the mass of a single panel can follow.
  const LogitPosterior posterior(of);
  const double target = tail * posterior.Mass();
  double low = -std::numeric_limits<double>::infinity();
  double high = -low;
  double u = std::clamp(Guess(of, tail, target), posterior.lower(), posterior.upper());
  double mass = MassBelow(posterior, u);
  for (int i = 0; i < kSteps; ++i) {
    const double missing = std::log(target / mass);
    (missing > 0 ? low : high) = u;
    const double slope = posterior.RelativeDensity(u) / mass;
    const double bend = slope * (posterior.LogSlope(u) - slope);
    const double straight = missing / slope;
    const double correction = 1 + straight * bend / slope / 2;
    double next = u + straight / std::max(correction, 0.5);
    if (std::fabs(missing) <= kTolerance) return next;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next == u) return u;
    const bool near = std::fabs(missing) < kNear &&
                      std::fabs(next - u) <= posterior.PanelLength(std::min(u, next));
    mass = near ? mass + MassOfPanel(posterior, u, next) : MassBelow(posterior, next);
    u = next;
  }
  return u;
}

}  // namespace

Interval CredibleInterval(const Posterior& posterior, double level) {
  const double tail = (1 - level) / 2;
  const double lower = RateOf(LowerQuantile(posterior, tail));
  // The upper end is where the misses have their lower one.
  const double upper = RateOf(-LowerQuantile({posterior.beta, posterior.alpha}, tail));
  return {lower, std::max(lower, upper)};
}

}  // namespace mab::bandit
