#include "bandit/portable_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "bandit/random_stream.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

// In units in the last place of `expected`.
double Ulps(double actual, double expected) {
  const double ulp = std::nextafter(std::fabs(expected), std::numeric_limits<double>::infinity()) -
                     std::fabs(expected);
  return std::fabs(actual - expected) / ulp;
}

// The C library's own error is below one unit, so two are left between them.
constexpr double kUlps = 1.5;

TEST(PortableMathTest, LogAgreesWithTheLibrary) {
  RandomStream random(TestSalt(1), TestUser(3, 0), 1, 0);
  for (int i = 0; i < 200'000; ++i) {
    const double uniform = 1 - random.NextUniform();
    const double wide = std::exp(1400 * (random.NextUniform() - 0.5));
    const double near_one = 1 + (random.NextUniform() - 0.5) * std::exp(-30 * random.NextUniform());
    for (double x : {uniform, wide, near_one}) {
      ASSERT_LE(Ulps(PortableLog(x), std::log(x)), kUlps) << x;
    }
  }
  EXPECT_EQ(PortableLog(1.0), 0.0);
  EXPECT_EQ(PortableLog(2.0), std::log(2.0));
  EXPECT_EQ(PortableLog(0x1p-53), std::log(0x1p-53));
}

TEST(PortableMathTest, ExpAgreesWithTheLibrary) {
  RandomStream random(TestSalt(1), TestUser(3, 1), 1, 0);
  for (int i = 0; i < 200'000; ++i) {
    const double wide = 1416 * random.NextUniform() - 708;
    const double near_zero = (random.NextUniform() - 0.5) * std::exp(-30 * random.NextUniform());
    for (double x : {wide, near_zero}) {
      ASSERT_LE(Ulps(PortableExp(x), std::exp(x)), kUlps) << x;
    }
  }
  EXPECT_EQ(PortableExp(0.0), 1.0);
  EXPECT_TRUE(std::isnormal(PortableExp(-708)));
  EXPECT_TRUE(std::isfinite(PortableExp(709)));
}

// Golden: whatever compiles this code elsewhere must give the same bits.
TEST(PortableMathTest, SumsOfManyValuesKeepTheirBits) {
  double logs = 0;
  double exps = 0;
  for (int i = 1; i <= 100'000; ++i) {
    logs += PortableLog(i / 65536.0);
    exps += PortableExp(i / 65536.0 - 1.0);
  }
  EXPECT_EQ(logs, -0x1.c31088b3cda66p+15);
  EXPECT_EQ(exps, 0x1.52f6a3a8fcd61p+16);
}

}  // namespace
}  // namespace mab::bandit
