#include "simulation/multinomial.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/binomial.hpp>
#include <numeric>
#include <vector>

#include "bandit/statistical_checks.h"
#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

constexpr uint64_t kSeed = 20'261;

// Draws in cells of which each is expected to have ten or more. Error rate: bandit::kErrorRate
// each.
double BinomialPValue(uint64_t trials, double probability, int draws) {
  bandit::RandomStream stream = MakeRunStream(kSeed, trials, kConversionStream);
  const boost::math::binomial_distribution<double> binomial(static_cast<double>(trials),
                                                            probability);
  const double sd = std::sqrt(static_cast<double>(trials) * probability * (1 - probability));
  // Borders of 20 cells around the mean.
  std::vector<double> borders;
  for (int i = -9; i <= 9; ++i) {
    const double border = std::floor(static_cast<double>(trials) * probability + 0.25 * i * sd);
    if (border >= 0 && border < static_cast<double>(trials) &&
        (borders.empty() || border > borders.back())) {
      borders.push_back(border);
    }
  }
  std::vector<double> probabilities;
  double below = 0;
  for (double border : borders) {
    const double cumulative = boost::math::cdf(binomial, border);
    probabilities.push_back(cumulative - below);
    below = cumulative;
  }
  probabilities.push_back(1 - below);
  std::vector<uint64_t> observed(probabilities.size(), 0);
  for (int i = 0; i < draws; ++i) {
    const double count = static_cast<double>(DrawBinomial(trials, probability, stream));
    ++observed[static_cast<size_t>(std::lower_bound(borders.begin(), borders.end(), count) -
                                   borders.begin())];
  }
  return bandit::ChiSquarePValue(observed, probabilities);
}

TEST(MultinomialTest, DrawsBinomialsOfManySizesAndRates) {
  for (const uint64_t trials : {3u, 12u, 100u, 2'000u, 100'000u, 100'000'000u}) {
    for (const double probability : {0.01, 0.3, 0.5, 0.97}) {
      if (static_cast<double>(trials) * std::min(probability, 1 - probability) < 0.5) continue;
      EXPECT_GT(BinomialPValue(trials, probability, 20'000), bandit::kErrorRate)
          << "seed " << kSeed << ", " << trials << " trials, probability " << probability;
    }
  }
}

TEST(MultinomialTest, DrawsTheEndsWithoutChance) {
  bandit::RandomStream stream = MakeRunStream(kSeed, 0, kConversionStream);
  EXPECT_EQ(DrawBinomial(0, 0.5, stream), 0u);
  EXPECT_EQ(DrawBinomial(1'000'000'000, 0, stream), 0u);
  EXPECT_EQ(DrawBinomial(1'000'000'000, 1, stream), 1'000'000'000u);
  EXPECT_EQ(DrawBinomial(7, -0.1, stream), 0u);
  EXPECT_EQ(DrawBinomial(7, 1.1, stream), 7u);
}

TEST(MultinomialTest, NeverDrawsMoreThanThereAre) {
  bandit::RandomStream stream = MakeRunStream(kSeed, 1, kConversionStream);
  for (const double probability : {1e-300, 1e-18, 1e-9, 1 - 1e-12}) {
    for (const uint64_t trials : {5u, 1'000u, 4'000'000'000u}) {
      for (int i = 0; i < 1'000; ++i) ASSERT_LE(DrawBinomial(trials, probability, stream), trials);
    }
  }
}

TEST(MultinomialTest, DividesAllTrialsByWeight) {
  bandit::RandomStream stream = MakeRunStream(kSeed, 2, kChoiceStream);
  const std::vector<double> weights = {0, 3, 1, 0, 6, 0};
  std::vector<uint64_t> total(weights.size(), 0);
  std::vector<uint64_t> counts;
  for (int i = 0; i < 2'000; ++i) {
    DrawMultinomial(57, weights, stream, counts);
    ASSERT_EQ(std::accumulate(counts.begin(), counts.end(), uint64_t{0}), 57u);
    for (size_t cell = 0; cell < counts.size(); ++cell) total[cell] += counts[cell];
  }
  EXPECT_GT(bandit::ChiSquarePValue(total, {0, 0.3, 0.1, 0, 0.6, 0}), bandit::kErrorRate)
      << "seed " << kSeed;
}

}  // namespace
}  // namespace mab::simulation
