#include "bandit/rounding_error.h"

#include <gtest/gtest.h>

namespace mab::bandit {
namespace {

TEST(RoundingErrorTest, GrowsWithTheSizeOfTheTwoNarrowestArms) {
  const double small = RoundingError({{1, 1}, {1, 1}});
  EXPECT_GT(small, 1e-15);
  EXPECT_LT(small, 1e-13);
  // One narrow arm alone is a fixed point: where exactly it is matters little to broad ones.
  EXPECT_LT(RoundingError({{1, 1}, {1e9, 1e9}}), 2 * small);
  const double large = RoundingError({{1e9, 1e9}, {1e9, 1e9}});
  EXPECT_GT(large, 100 * small);
  EXPECT_LT(large, 1e-9);
}

TEST(RoundingErrorTest, IsFarBelowWhatIsPromisedForAHundredArms) {
  EXPECT_LT(RoundingError(std::vector<Posterior>(100, {1e9, 1e9})), 1e-9);
}

}  // namespace
}  // namespace mab::bandit
