#include "bandit/expected_shortfall.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "bandit/best_arm.h"

namespace mab::bandit {
namespace {

// The last arm's loss in a race with the others.
double LossInTheRace(std::vector<Posterior> racing, const Posterior& outside) {
  racing.push_back(outside);
  return ComputeBestArm(racing).expected_loss.back();
}

TEST(ExpectedShortfallsTest, OfTwoUniformRatesIsASixth) {
  EXPECT_NEAR(ExpectedShortfalls({{1, 1}}, {{1, 1}}).front(), 1.0 / 6, 1e-12);
  EXPECT_TRUE(ExpectedShortfalls({{1, 1}}, {}).empty());
}

TEST(ExpectedShortfallsTest, IsTheLossInTheRaceWithTheOthers) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto any = [&](double most) {
    return Posterior{0.1 + std::pow(10, most * uniform(random)) - 1 + uniform(random),
                     0.1 + std::pow(10, most * uniform(random)) - 1 + uniform(random)};
  };
  double worst = 0;
  for (int run = 0; run < 300; ++run) {
    std::vector<Posterior> racing(1 + static_cast<size_t>(6 * uniform(random)));
    const double most = 9 * uniform(random);
    for (Posterior& posterior : racing) posterior = any(most);
    const std::vector<Posterior> outside = {any(most), any(9), {0.1, 0.1}, {1e6, 1e9}, {1e9, 1}};
    const std::vector<double> shortfalls = ExpectedShortfalls(racing, outside);
    for (size_t i = 0; i < outside.size(); ++i) {
      const double error = std::fabs(shortfalls[i] - LossInTheRace(racing, outside[i]));
      ASSERT_LE(error, 1e-9) << "run " << run << ": " << outside[i].alpha << " " << outside[i].beta;
      ASSERT_GE(shortfalls[i], 0);
      worst = std::max(worst, error);
    }
  }
  printf("worst difference to the race: %.1e\n", worst);
}

TEST(ExpectedShortfallsTest, TakesFiftyOfAHundredArms) {
  std::vector<Posterior> racing;
  std::vector<Posterior> outside;
  for (int i = 0; i < 50; ++i) {
    racing.push_back({500.0 + i, 10'000});
    outside.push_back({490.0 + i, 10'000});
  }
  const auto start = std::chrono::steady_clock::now();
  const std::vector<double> shortfalls = ExpectedShortfalls(racing, outside);
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  printf("50 of 100 arms: %.2f ms\n", milliseconds);
  EXPECT_NEAR(shortfalls[7], LossInTheRace(racing, outside[7]), 1e-12);
  EXPECT_LT(milliseconds, 1000);
}

}  // namespace
}  // namespace mab::bandit
