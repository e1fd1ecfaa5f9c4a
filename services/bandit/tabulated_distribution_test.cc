#include "bandit/tabulated_distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "bandit/logit_posterior.h"

namespace mab::bandit {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double RateOf(double logit) { return 1 / (1 + std::exp(-logit)); }

TEST(TabulatedDistributionTest, ReadsTheIncompleteBetaInBothTails) {
  for (const Posterior& p : {Posterior{1, 1}, Posterior{0.3, 0.7}, Posterior{4, 90},
                             Posterior{371, 7621}, Posterior{3000, 2}}) {
    const TabulatedDistribution table(p);
    const LogitPosterior logit(p);
    const auto peak = table.Read(std::log(p.alpha / p.beta));
    size_t cursor = 0;
    for (int i = 1; i < 500; ++i) {
      const double u = table.lower() + (table.upper() - table.lower()) * i / 500;
      SCOPED_TRACE(testing::Message() << p.alpha << " " << p.beta << " " << u);
      const auto reading = table.Read(u, cursor);
      // Of the rate or of the misses, whichever has more digits.
      const double below = u < 0 ? boost::math::ibeta(p.alpha, p.beta, RateOf(u))
                                 : boost::math::ibetac(p.beta, p.alpha, RateOf(-u));
      const double above = u < 0 ? boost::math::ibetac(p.alpha, p.beta, RateOf(u))
                                 : boost::math::ibeta(p.beta, p.alpha, RateOf(-u));
      EXPECT_NEAR(reading.below, below, 1e-11 * below + 1e-18);
      EXPECT_NEAR(reading.above, above, 1e-11 * above + 1e-18);
      // The library's density has fewer digits than its integral: only the shape is compared.
      const double density = peak.density * logit.RelativeDensity(u);
      EXPECT_NEAR(reading.density, density, 1e-13 * density + 1e-17);
    }
  }
}

TEST(TabulatedDistributionTest, IsCertainBeyondItsEnds) {
  const TabulatedDistribution table({3, 40});
  for (double u : {-1e300, -kInfinity, table.lower() - 100}) {
    EXPECT_EQ(table.Read(u).below, 0);
    EXPECT_EQ(table.Read(u).above, 1);
    EXPECT_EQ(table.Read(u).density, 0);
  }
  for (double u : {1e300, kInfinity, table.upper() + 100}) {
    EXPECT_EQ(table.Read(u).below, 1);
    EXPECT_EQ(table.Read(u).above, 0);
    EXPECT_EQ(table.Read(u).density, 0);
  }
}

TEST(TabulatedDistributionTest, ReadsTheSameWhereverTheSearchBegins) {
  const TabulatedDistribution table({51, 951});
  for (int i = 0; i <= 100; ++i) {
    const double u = table.lower() + (table.upper() - table.lower()) * i / 100;
    for (size_t begin : {0u, 5u, 1000u}) {
      size_t cursor = begin;
      EXPECT_EQ(table.Read(u, cursor).below, table.Read(u).below);
    }
  }
}

TEST(TabulatedDistributionTest, MirroredIsTheDistributionOfTheMisses) {
  const TabulatedDistribution mirrored = TabulatedDistribution({7, 90}).Mirrored();
  const TabulatedDistribution misses({90, 7});
  for (int i = 0; i <= 100; ++i) {
    const double u = misses.lower() + (misses.upper() - misses.lower()) * i / 100;
    EXPECT_NEAR(mirrored.Read(u).below, misses.Read(u).below, 1e-14);
    EXPECT_NEAR(mirrored.Read(u).above, misses.Read(u).above, 1e-14);
    EXPECT_NEAR(mirrored.Read(u).density, misses.Read(u).density, 1e-13);
  }
}

TEST(TabulatedDistributionTest, AdvancesByPanelsOfItsOwn) {
  const TabulatedDistribution table({371, 7621});
  double u = -kInfinity;
  int steps = 0;
  for (; u < table.upper() && steps < 1000; ++steps) {
    const double next = table.Advance(u, 1);
    ASSERT_GT(next, u);
    u = next;
  }
  EXPECT_LT(steps, 60);
  EXPECT_EQ(table.Advance(kInfinity, 1), kInfinity);
}

TEST(TabulatedDistributionTest, LowerQuantileInvertsIt) {
  for (const Posterior& p : {Posterior{0.1, 0.1}, Posterior{0.1, 1e9}, Posterior{1e9, 1e9},
                             Posterior{4, 90}, Posterior{1e9, 0.1}}) {
    const TabulatedDistribution table(p);
    for (double tail : {1e-9, 0.025, 0.5, 0.975}) {
      EXPECT_NEAR(table.Read(table.LowerQuantile(tail)).below / tail, 1, 1e-9);
    }
  }
}

}  // namespace
}  // namespace mab::bandit
