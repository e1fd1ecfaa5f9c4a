#include "bandit/quantile_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace mab::bandit {
namespace {

Cumulative Normal(double x) {
  return {std::erfc(-x / std::numbers::sqrt2) / 2, std::erfc(x / std::numbers::sqrt2) / 2,
          std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi)};
}

TEST(QuantileSearchTest, FindsNormalQuantilesInFewSteps) {
  int calls = 0;
  const double x = FindQuantile({0.975, 0.025, -10, 10, 1.9}, [&](double at) {
    ++calls;
    return Normal(at);
  });
  EXPECT_NEAR(x, 1.959963984540054, 1e-12);
  EXPECT_LE(calls, 4);
}

TEST(QuantileSearchTest, FindsThemFromAnywhere) {
  for (double guess : {-1e300, -9.0, 0.0, 8.0, 1e300}) {
    EXPECT_NEAR(FindQuantile({0.025, 0.975, -10, 10, guess}, Normal), -1.959963984540054, 1e-12);
    EXPECT_NEAR(FindQuantile({1e-12, 1, -10, 10, guess}, Normal), -7.034483825301131, 1e-9);
  }
}

// F = x^0.1 on [0, 1]: of a posterior whose quantiles are hundreds of orders of magnitude apart.
TEST(QuantileSearchTest, FindsOrdersOfMagnitude) {
  const auto power = [](double x) -> Cumulative {
    return {std::pow(x, 0.1), -std::expm1(0.1 * std::log(x)), 0.1 * std::pow(x, -0.9)};
  };
  for (double below : {0.9, 0.5, 0.025, 1e-6, 1e-12}) {
    for (double guess : {0.5, 1e-3, 1e-30}) {
      const double x = FindQuantile({below, 1 - below, 0, 1, guess}, power);
      EXPECT_NEAR(x / std::pow(below, 10), 1, 1e-9) << below << " " << guess;
    }
  }
}

TEST(QuantileSearchTest, StaysInItsBracket) {
  // All of the probability is at the upper end, with no density anywhere.
  const double x = FindQuantile({0.5, 0.5, 0, 3, 1}, [](double) { return Cumulative{0, 1, 0}; });
  EXPECT_GE(x, 0);
  EXPECT_LE(x, 3);
}

}  // namespace
}  // namespace mab::bandit
