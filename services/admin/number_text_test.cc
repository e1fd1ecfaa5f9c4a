#include "admin/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace mab::admin {
namespace {

TEST(NumberTextTest, PercentHasThreeDigits) {
  EXPECT_EQ(PercentText(0), "0 %");
  EXPECT_EQ(PercentText(1), "100 %");
  EXPECT_EQ(PercentText(0.05336), "5.34 %");
  EXPECT_EQ(PercentText(0.5336), "53.4 %");
  EXPECT_EQ(PercentText(0.09999), "10.0 %");
  EXPECT_EQ(PercentText(0.000123456), "0.0123 %");
  EXPECT_EQ(PercentText(-0.016), "−1.60 %");
  EXPECT_EQ(PercentText(1e-12), "0 %");
  EXPECT_EQ(PercentText(7.25), "725 %");
}

TEST(NumberTextTest, SignedPercentHasItsSign) {
  EXPECT_EQ(SignedPercentText(0.15), "+15.0 %");
  EXPECT_EQ(SignedPercentText(-0.15), "−15.0 %");
  EXPECT_EQ(SignedPercentText(0), "0 %");
  EXPECT_EQ(SignedPercentText(1e-12), "0 %");
}

TEST(NumberTextTest, AProbabilityIsNeverRoundedToACertainty) {
  EXPECT_EQ(ProbabilityText(0.98644), "98.6 %");
  EXPECT_EQ(ProbabilityText(0.9996), "more than 99.9 %");
  EXPECT_EQ(ProbabilityText(1), "more than 99.9 %");
  EXPECT_EQ(ProbabilityText(0.0004), "less than 0.1 %");
}

TEST(NumberTextTest, PointsCountsAndPValues) {
  EXPECT_EQ(PointsText(0.00012), "0.0120 percentage points");
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(12010), "12,010");
  EXPECT_EQ(CountText(1'000'000'000), "1,000,000,000");
  EXPECT_EQ(PValueText(0.0234), "0.023");
  EXPECT_EQ(PValueText(1e-9), "less than 0.0001");
}

}  // namespace
}  // namespace mab::admin
