#include "bandit/gauss_panel.h"

#include <cmath>
#include <numbers>

namespace mab::bandit {
namespace {

// P_0(x) … P_16(x).
std::array<double, kPanelNodes + 1> Legendre(double x) {
  std::array<double, kPanelNodes + 1> p;
  p[0] = 1;
  p[1] = x;
  for (size_t n = 1; n < kPanelNodes; ++n) {
    const double dn = static_cast<double>(n);
    p[n + 1] = ((2 * dn + 1) * x * p[n] - dn * p[n - 1]) / (dn + 1);
  }
  return p;
}

// The positive half of the roots of P_16 by Newton from Tricomi's estimate, mirrored, so that the
// rule is symmetric.
void SetNodesAndWeights(GaussPanel& panel) {
  constexpr int kNewtonSteps = 8;
  constexpr double kDegree = kPanelNodes;
  for (size_t i = 0; i < kPanelNodes / 2; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (kDegree + 0.5));
    double slope = 0;
    for (int step = 0; step < kNewtonSteps; ++step) {
      const auto p = Legendre(x);
      slope = kDegree * (p[kPanelNodes - 1] - x * p[kPanelNodes]) / (1 - x * x);
      x -= p[kPanelNodes] / slope;
    }
    const double weight = 2 / ((1 - x * x) * slope * slope);
    panel.nodes[i] = -x;
    panel.nodes[kPanelNodes - 1 - i] = x;
    panel.weights[i] = panel.weights[kPanelNodes - 1 - i] = weight;
  }
}

// l_j = Σ_m (m + ½) w_j P_m(x_j) P_m, and ∫_{−1}^{x} P_m = (P_{m+1}(x) − P_{m−1}(x)) / (2 m + 1).
void SetIntegrals(GaussPanel& panel) {
  for (size_t j = 0; j < kPanelNodes; ++j) {
    const auto at_source = Legendre(panel.nodes[j]);
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const auto at_target = Legendre(panel.nodes[i]);
      double sum = panel.nodes[i] + 1;
      for (size_t m = 1; m < kPanelNodes; ++m) {
        sum += at_source[m] * (at_target[m + 1] - at_target[m - 1]);
      }
      panel.from_left[j][i] = panel.weights[j] / 2 * sum;
    }
  }
  for (size_t j = 0; j < kPanelNodes; ++j) {
    for (size_t i = 0; i < kPanelNodes; ++i) {
      panel.from_right[j][i] = panel.from_left[kPanelNodes - 1 - j][kPanelNodes - 1 - i];
    }
  }
}

GaussPanel MakeGaussPanel() {
  GaussPanel panel;
  SetNodesAndWeights(panel);
  SetIntegrals(panel);
  return panel;
}

}  // namespace

const GaussPanel& TheGaussPanel() {
  static const GaussPanel panel = MakeGaussPanel();
  return panel;
}

}  // namespace mab::bandit
