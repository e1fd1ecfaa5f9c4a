#include "bandit/beta_sampler.h"

#include <gtest/gtest.h>

#include <bit>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <vector>

#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

std::vector<double> DrawMany(const Posterior& posterior, size_t count, uint64_t seed) {
  RandomStream stream(TestSalt(3), TestUser(4, seed), 1, kFirstArmStream);
  std::vector<double> odds(count);
  for (double& value : odds) value = DrawBetaOdds(posterior, stream);
  return odds;
}

// P(θ <= odds / (1 + odds)), from the end at which the rate is small.
double Distribution(const Posterior& posterior, double odds) {
  if (odds <= 1) return boost::math::ibeta(posterior.alpha, posterior.beta, odds / (1 + odds));
  return boost::math::ibetac(posterior.beta, posterior.alpha, 1 / (1 + odds));
}

// The exact two-sided p-value of a count.
double BinomialPValue(uint64_t count, uint64_t trials, double probability) {
  const boost::math::binomial distribution(static_cast<double>(trials), probability);
  const double k = static_cast<double>(count);
  const double below = boost::math::cdf(distribution, k);
  const double above = count == 0 ? 1 : boost::math::cdf(complement(distribution, k - 1));
  return std::min(1.0, 2 * std::min(below, above));
}

class BetaSamplerTest : public testing::TestWithParam<Posterior> {};

TEST_P(BetaSamplerTest, DrawsTheBetaDistribution) {
  const Posterior posterior = GetParam();
  // The incomplete beta function takes long at 1e9.
  const size_t draws = posterior.alpha + posterior.beta > 1.5e9 ? 10'000 : 100'000;
  constexpr double kTail = 1e-3;
  std::vector<double> probabilities;
  uint64_t low = 0;
  uint64_t high = 0;
  for (double odds : DrawMany(posterior, draws, 1)) {
    ASSERT_TRUE(std::isnormal(odds) && odds > 0) << odds;
    probabilities.push_back(Distribution(posterior, odds));
    low += probabilities.back() < kTail;
    high += probabilities.back() > 1 - kTail;
  }
  EXPECT_GT(KolmogorovPValue(probabilities), kErrorRate);
  EXPECT_GT(BinomialPValue(low, draws, kTail), kErrorRate) << low;
  EXPECT_GT(BinomialPValue(high, draws, kTail), kErrorRate) << high;
}

std::vector<Posterior> PosteriorGrid() {
  std::vector<Posterior> grid = {{1.0, 0.999}, {0.999, 1.0},   {0.5, 0.5},  {0.3, 0.7},
                                 {0.7, 0.31},  {0.999, 0.999}, {371, 7621}, {1e5, 40}};
  const double parameters[] = {0.1, 0.55, 0.95, 1, 2.5, 30, 1e4, 1e9};
  for (double alpha : parameters) {
    for (double beta : parameters) grid.push_back({alpha, beta});
  }
  return grid;
}

INSTANTIATE_TEST_SUITE_P(Parameters, BetaSamplerTest, testing::ValuesIn(PosteriorGrid()));

TEST(BetaSamplerTailTest, FarTailsHaveTheirProbability) {
  constexpr size_t kDraws = 1'000'000;
  constexpr double kTail = 2e-5;
  for (const Posterior& posterior :
       {Posterior{1, 1}, Posterior{0.1, 0.1}, Posterior{371, 7621}, Posterior{3, 40},
        Posterior{0.8, 0.9}, Posterior{0.4, 0.2}, Posterior{0.5, 20}}) {
    SCOPED_TRACE(testing::Message() << posterior.alpha << " " << posterior.beta);
    const double low_rate = boost::math::ibeta_inv(posterior.alpha, posterior.beta, kTail);
    const double high_miss = boost::math::ibeta_inv(posterior.beta, posterior.alpha, kTail);
    uint64_t low = 0;
    uint64_t high = 0;
    for (double odds : DrawMany(posterior, kDraws, 2)) {
      low += odds < low_rate / (1 - low_rate);
      high += odds > (1 - high_miss) / high_miss;
    }
    EXPECT_GT(BinomialPValue(low, kDraws, kTail), kErrorRate) << low;
    EXPECT_GT(BinomialPValue(high, kDraws, kTail), kErrorRate) << high;
  }
}

// Where the accepting test of Marsaglia and Tsang is decided by its logarithm, a plain difference
// of large terms would bias the draw; large counts must have the right spread to a part in 1e3.
TEST(BetaSamplerTailTest, LargeCountsHaveTheRightSpread) {
  constexpr size_t kDraws = 500'000;
  const Posterior posterior{4e8, 6e8};
  const double mean = 0.4;
  const double deviation = std::sqrt(mean * (1 - mean) / 1e9);
  double sum = 0;
  double squares = 0;
  for (double odds : DrawMany(posterior, kDraws, 3)) {
    const double z = (odds / (1 + odds) - mean) / deviation;
    sum += z;
    squares += z * z;
  }
  // Five standard errors: an error rate of 6e-7 each.
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
}

}  // namespace
}  // namespace mab::bandit
