#include "bandit/chi_square.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mab::bandit {
namespace {

TEST(ChiSquareUpperTailTest, OfOneAndTwoDegreesIsKnown) {
  for (double statistic : {1e-9, 0.1, 1.0, 3.841459, 30.0, 600.0}) {
    EXPECT_NEAR(ChiSquareUpperTail(statistic, 1) / std::erfc(std::sqrt(statistic / 2)), 1, 1e-12);
    EXPECT_NEAR(ChiSquareUpperTail(statistic, 2) / std::exp(-statistic / 2), 1, 1e-12);
  }
}

TEST(ChiSquareUpperTailTest, IsOneWithoutAStatistic) {
  EXPECT_EQ(ChiSquareUpperTail(0, 5), 1);
  EXPECT_EQ(ChiSquareUpperTail(-1, 5), 1);
  EXPECT_EQ(ChiSquareUpperTail(std::numeric_limits<double>::quiet_NaN(), 5), 1);
}

TEST(ChiSquareUpperTailTest, NeverThrowsAndFallsWithTheStatistic) {
  for (double degrees = 1; degrees < 1e7; degrees *= 3) {
    double last = 1;
    for (double statistic = 1e-12; statistic < 1e10; statistic *= 1.5) {
      const double tail = ChiSquareUpperTail(statistic, degrees);
      ASSERT_GE(tail, 0) << degrees << " " << statistic;
      ASSERT_LE(tail, last + 1e-3) << degrees << " " << statistic;
      last = tail;
    }
    EXPECT_LT(last, 1e-100);
    // The median is about n (1 − 2/(9 n))³.
    EXPECT_NEAR(ChiSquareUpperTail(degrees * std::pow(1 - 2 / (9 * degrees), 3), degrees), 0.5,
                0.01);
  }
  EXPECT_EQ(ChiSquareUpperTail(std::numeric_limits<double>::infinity(), 3), 0);
}

}  // namespace
}  // namespace mab::bandit
