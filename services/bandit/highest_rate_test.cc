#include "bandit/highest_rate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bandit/best_arm.h"

namespace mab::bandit {
namespace {

TEST(HighestRateTest, OfUniformRatesIsABeta) {
  // The highest of k uniform rates is Beta(k, 1).
  for (size_t count : {2, 3, 10, 100}) {
    const TabulatedDistribution highest = HighestRate(std::vector<Posterior>(count, {1, 1}));
    const TabulatedDistribution beta({static_cast<double>(count), 1});
    for (int i = -200; i <= 200; ++i) {
      EXPECT_NEAR(highest.Read(i / 10.0).below, beta.Read(i / 10.0).below, 1e-13) << count;
      EXPECT_NEAR(highest.Read(i / 10.0).above, beta.Read(i / 10.0).above, 1e-13) << count;
    }
  }
}

TEST(HighestRateTest, IsTheProductOfTheDistributionFunctions) {
  const std::vector<Posterior> posteriors = {{371, 7621}, {641, 11371},    {1, 1},      {0.1, 1e9},
                                             {1e6, 2e7},  {40001, 700001}, {1.5, 20.5}, {1e9, 1e8}};
  const TabulatedDistribution highest = HighestRate(posteriors);
  for (int i = -100; i <= 100; ++i) {
    double product = 1;
    for (const Posterior& posterior : posteriors) {
      product *= TabulatedDistribution(posterior).Read(i / 10.0).below;
    }
    EXPECT_NEAR(highest.Read(i / 10.0).below, product, 1e-13);
  }
}

}  // namespace
}  // namespace mab::bandit
