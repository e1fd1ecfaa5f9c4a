#include "bandit/stirling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace mab::bandit {
namespace {

TEST(StirlingTest, IsWhatStirlingsFormulaLacks) {
  // Γ(1) = 1, Γ(2) = 1, Γ(½) = √π.
  const double half_log_two_pi = std::log(2 * std::numbers::pi) / 2;
  EXPECT_NEAR(StirlingError(1), 1 - half_log_two_pi, 1e-15);
  EXPECT_NEAR(StirlingError(2), 2 - 1.5 * std::log(2.0) - half_log_two_pi, 1e-15);
  EXPECT_NEAR(StirlingError(0.5), 0.5 - std::log(2.0) / 2, 1e-15);
  for (double x : {0.1, 0.3, 1.5, 9.99, 10.0, 12.5, 40.0}) {
    const double formula = (x - 0.5) * std::log(x) - x + half_log_two_pi;
    EXPECT_NEAR(StirlingError(x), std::lgamma(x) - formula, 4e-14) << x;
  }
}

TEST(StirlingTest, VanishesForLargeArguments) {
  EXPECT_NEAR(StirlingError(1e9) * 12e9, 1, 1e-15);
  EXPECT_NEAR(StirlingError(1e12) * 12e12, 1, 1e-15);
}

}  // namespace
}  // namespace mab::bandit
