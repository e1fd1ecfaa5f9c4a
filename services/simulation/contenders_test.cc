#include "simulation/contenders.h"

#include <gtest/gtest.h>

#include <cmath>

#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

TEST(ContendersTest, LeavesOutWhatCannotBeBest) {
  EXPECT_EQ(Contenders({{100, 900}, {200, 800}, {205, 795}, {1, 1}, {2, 50'000}}),
            (std::vector<size_t>{0, 1, 2, 3}));
  EXPECT_EQ(Contenders({{1'000, 9'000}, {2'000, 8'000}, {2'050, 7'950}}),
            (std::vector<size_t>{1, 2}));
  EXPECT_EQ(Contenders({{1, 1}}), (std::vector<size_t>{0}));
}

TEST(ContendersTest, KeepsEveryArmOfWhichLittleIsKnown) {
  EXPECT_EQ(Contenders({{0.1, 0.1}, {900'000, 100'000}}).size(), 2u);
  EXPECT_EQ(Contenders({{1.5, 3}, {900, 9'100}, {100, 9'900}}), (std::vector<size_t>{0, 1}));
}

// Posteriors of all sizes and rates.
TEST(ContendersTest, SaysWhatTheWholeQuadratureSays) {
  bandit::RandomStream stream = MakeRunStream(20'264, 0, kEnvironmentStream);
  size_t left_out = 0;
  for (int example = 0; example < 150; ++example) {
    std::vector<bandit::Posterior> posteriors;
    const double centre = std::pow(10.0, -5 * stream.NextUniform());
    for (int arm = 0; arm < 8; ++arm) {
      const double trials = std::pow(10.0, 8 * stream.NextUniform());
      const double rate = centre * (0.3 + 0.7 * stream.NextUniform());
      posteriors.push_back({0.5 + std::floor(trials * rate), 0.5 + trials * (1 - rate)});
    }
    const std::vector<size_t> contenders = Contenders(posteriors);
    left_out += posteriors.size() - contenders.size();
    const bandit::BestArm few = ComputeBestContender(posteriors, contenders);
    const bandit::BestArm all = bandit::ComputeBestArm(posteriors);
    for (size_t arm = 0; arm < posteriors.size(); ++arm) {
      ASSERT_NEAR(few.probability_best[arm], all.probability_best[arm], 1e-9) << example;
      ASSERT_NEAR(few.expected_loss[arm], all.expected_loss[arm],
                  1e-9 + 1e-7 * all.expected_loss[arm])
          << example;
    }
  }
  EXPECT_GT(left_out, 200u);
}

}  // namespace
}  // namespace mab::simulation
