#include "bandit/credible_interval.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "bandit/gauss_panel.h"
#include "bandit/logit_posterior.h"
#include "bandit/panel_mesh.h"

namespace mab::bandit {
namespace {

double RateOf(double logit) { return 1 / (1 + std::exp(-logit)); }

// ∫ from `left` to `right` of the relative density, an interval not longer than a panel. Negative
// when right < left.
double Mass(const LogitPosterior& posterior, double left, double right) {
  const GaussPanel& rule = TheGaussPanel();
  const double half = (right - left) / 2;
  double sum = 0;
  for (size_t i = 0; i < kPanelNodes; ++i) {
    sum += rule.weights[i] * posterior.RelativeDensity(left + half * (1 + rule.nodes[i]));
  }
  return half * sum;
}

// The point within [from, to] (or [to, from]) such that the mass between `from` and it is `mass`:
// Newton, kept in the bracket by bisection.
double PointOfMass(const LogitPosterior& posterior, double from, double to, double mass) {
  constexpr int kSteps = 60;
  // Of the panel. Newton doubles the digits, so that what it returns is twice as good.
  constexpr double kTolerance = 1e-10;
  double near = from;
  double far = to;
  double x = from + (to - from) / 2;
  const double direction = to > from ? 1 : -1;
  for (int i = 0; i < kSteps; ++i) {
    const double missing = mass - std::fabs(Mass(posterior, from, x));
    (missing > 0 ? near : far) = x;
    double next = x + direction * missing / posterior.RelativeDensity(x);
    const bool inside = (next - near) * (far - next) >= 0;
    if (!inside) next = near + (far - near) / 2;
    if (std::fabs(next - x) <= kTolerance * std::fabs(to - from)) return next;
    x = next;
  }
  return x;
}

}  // namespace

Interval CredibleInterval(const Posterior& posterior, double level) {
  const LogitPosterior logit(posterior);
  const std::vector<Panel> panels = MeshPanels({logit}, /*length_scale=*/1);
  std::vector<double> masses;
  double total = 0;
  for (const Panel& panel : panels) {
    masses.push_back(Mass(logit, panel.left, panel.right));
    total += masses.back();
  }
  // Each tail is summed from its own end.
  const double tail = (1 - level) / 2 * total;
  double left_over = tail;
  size_t lower = 0;
  while (lower + 1 < panels.size() && masses[lower] < left_over) left_over -= masses[lower++];
  const double lower_logit = PointOfMass(logit, panels[lower].left, panels[lower].right, left_over);
  left_over = tail;
  size_t upper = panels.size() - 1;
  while (upper > 0 && masses[upper] < left_over) left_over -= masses[upper--];
  const double upper_logit = PointOfMass(logit, panels[upper].right, panels[upper].left, left_over);
  return {RateOf(lower_logit), std::max(RateOf(lower_logit), RateOf(upper_logit))};
}

}  // namespace mab::bandit
