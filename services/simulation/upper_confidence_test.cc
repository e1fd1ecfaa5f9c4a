#include "simulation/upper_confidence.h"

#include <gtest/gtest.h>

namespace mab::simulation {
namespace {

TEST(UpperConfidenceTest, ServesWhatWasNeverServed) {
  EXPECT_EQ(GreatestBound(BoundKind::kUcb1, {{5, 5, 6}, {0, 0, 6}, {0, 0, 6}}), 1u);
  EXPECT_EQ(GreatestBound(BoundKind::kChernoff, {{0, 0, 0}, {0, 0, 0}}), 0u);
}

TEST(UpperConfidenceTest, WeighsRateAgainstIgnorance) {
  // UCB1 at t = 1000: 0.5 + sqrt(2 ln 1000 / 100) = 0.8717 and 0.6 + sqrt(2 ln 1000 / 900) =
  // 0.7239.
  EXPECT_EQ(GreatestBound(BoundKind::kUcb1, {{900, 540, 1'000}, {100, 50, 1'000}}), 1u);
  EXPECT_EQ(GreatestBound(BoundKind::kUcb1, {{900, 810, 1'000}, {100, 50, 1'000}}), 0u);
  // Of the first of equals.
  EXPECT_EQ(GreatestBound(BoundKind::kUcb1, {{10, 5, 20}, {10, 5, 20}}), 0u);
}

TEST(UpperConfidenceTest, ChernoffIsTighterWhereRatesAreSmall) {
  // At t = 1000: 0.01 + sqrt(0.01 · 6.908/1000) + 6.908/1000 = 0.0252 against 0 + 6.908/300 =
  // 0.0230; UCB1 has 0.1275 against 0.2146.
  const std::vector<BoundArm> arms = {{1'000, 10, 1'000}, {300, 0, 1'000}};
  EXPECT_EQ(GreatestBound(BoundKind::kChernoff, arms), 0u);
  EXPECT_EQ(GreatestBound(BoundKind::kUcb1, arms), 1u);
}

}  // namespace
}  // namespace mab::simulation
