#include "bandit/gauss_panel.h"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss.hpp>
#include <cmath>

namespace mab::bandit {
namespace {

TEST(GaussPanelTest, NodesAndWeightsAreTheKnownOnes) {
  const GaussPanel& rule = TheGaussPanel();
  using Known = boost::math::quadrature::gauss<double, kPanelNodes>;
  for (size_t i = 0; i < kPanelNodes / 2; ++i) {
    EXPECT_NEAR(rule.nodes[kPanelNodes / 2 + i], Known::abscissa()[i], 3e-16);
    EXPECT_NEAR(rule.weights[kPanelNodes / 2 + i], Known::weights()[i], 3e-16);
    EXPECT_EQ(rule.nodes[i], -rule.nodes[kPanelNodes - 1 - i]);
  }
}

TEST(GaussPanelTest, IntegratesFromBothEnds) {
  const GaussPanel& rule = TheGaussPanel();
  const double steepness = 3.5 / 2;
  for (size_t i = 0; i < kPanelNodes; ++i) {
    double left = 0;
    double right = 0;
    for (size_t j = 0; j < kPanelNodes; ++j) {
      left += rule.from_left[j][i] * std::exp(steepness * rule.nodes[j]);
      right += rule.from_right[j][i] * std::exp(steepness * rule.nodes[j]);
    }
    const double at = std::exp(steepness * rule.nodes[i]);
    EXPECT_NEAR(left, (at - std::exp(-steepness)) / steepness, 2e-14);
    EXPECT_NEAR(right, (std::exp(steepness) - at) / steepness, 2e-14);
  }
}

}  // namespace
}  // namespace mab::bandit
