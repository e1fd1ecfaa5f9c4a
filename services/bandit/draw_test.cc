#include "bandit/draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bandit/allocation.h"
#include "bandit/beta_sampler.h"
#include "bandit/freeze_version.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

constexpr uint64_t kUsers = 100'000;

std::vector<ArmState> FourArms() {
  std::vector<ArmState> arms(4);
  const uint64_t conversions[] = {50, 55, 62, 45};
  for (size_t i = 0; i < arms.size(); ++i) {
    arms[i].posterior = CountedPosterior({}, 1000, conversions[i]);
    arms[i].weight = static_cast<double>(i + 1);
  }
  return arms;
}

DrawVersion Freeze(Policy policy, double floor, const std::vector<ArmState>& arms) {
  DrawConfiguration configuration;
  configuration.policy = policy;
  configuration.floor = floor;
  configuration.salt = TestSalt(5);
  DrawVersion version = FreezeVersion(configuration, arms);
  version.number = 1795392000123;
  return version;
}

std::vector<double> Allocations(const DrawVersion& version) {
  std::vector<double> allocations;
  for (const DrawArm& arm : version.arms) allocations.push_back(arm.allocation);
  return allocations;
}

std::vector<uint64_t> CountDraws(const DrawVersion& version, uint64_t seed,
                                 uint64_t users = kUsers) {
  std::vector<uint64_t> counts(version.arms.size());
  for (uint64_t i = 0; i < users; ++i) ++counts[Draw(version, TestUser(seed, i))];
  return counts;
}

struct PolicyCase {
  Policy policy;
  double floor;
  const char* name;
};

class DrawFrequencyTest : public testing::TestWithParam<PolicyCase> {
 protected:
  DrawVersion Version() const { return Freeze(GetParam().policy, GetParam().floor, FourArms()); }
};

TEST_P(DrawFrequencyTest, SharesAreTheExactAllocation) {
  const DrawVersion version = Version();
  EXPECT_GT(ChiSquarePValue(CountDraws(version, 10), Allocations(version)), kErrorRate);
}

TEST_P(DrawFrequencyTest, ADisabledArmIsNeverDrawn) {
  std::vector<ArmState> arms = FourArms();
  arms[2].disabled = true;
  const DrawVersion version = Freeze(GetParam().policy, GetParam().floor, arms);
  const std::vector<uint64_t> counts = CountDraws(version, 11);
  EXPECT_EQ(counts[2], 0u);
  EXPECT_GT(ChiSquarePValue(counts, Allocations(version)), kErrorRate);
}

// The pairs of draws against the products of the allocations.
TEST_P(DrawFrequencyTest, DrawsAtTwoVersionsAndOfTwoUsersAreIndependent) {
  const DrawVersion version = Version();
  DrawVersion next = version;
  next.number += 1;
  DrawVersion elsewhere = version;
  elsewhere.salt = TestSalt(6);
  std::vector<uint64_t> versions(16), salts(16), users(16);
  size_t last = Draw(version, TestUser(12, kUsers));
  for (uint64_t i = 0; i < kUsers; ++i) {
    const UserHash user = TestUser(12, i);
    const size_t arm = Draw(version, user);
    ++versions[4 * arm + Draw(next, user)];
    ++salts[4 * arm + Draw(elsewhere, user)];
    ++users[4 * arm + last];
    last = arm;
  }
  std::vector<double> products;
  for (double a : Allocations(version)) {
    for (double b : Allocations(version)) products.push_back(a * b);
  }
  EXPECT_GT(ChiSquarePValue(versions, products), kErrorRate);
  EXPECT_GT(ChiSquarePValue(salts, products), kErrorRate);
  EXPECT_GT(ChiSquarePValue(users, products), kErrorRate);
}

TEST_P(DrawFrequencyTest, TheSameUserAtTheSameVersionDrawsTheSame) {
  const DrawVersion version = Version();
  const DrawVersion copy = version;
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(Draw(version, TestUser(13, i)), Draw(copy, TestUser(13, i)));
  }
}

TEST_P(DrawFrequencyTest, TheTrafficShareSaysNothingAboutTheArm) {
  const DrawVersion version = Version();
  std::vector<uint64_t> cells(16);
  std::vector<double> expected;
  for (uint64_t i = 0; i < kUsers; ++i) {
    const UserHash user = TestUser(14, i);
    const double share = TrafficShareUniform(version.salt, user);
    ++cells[4 * static_cast<size_t>(share * 4) + Draw(version, user)];
  }
  for (int quarter = 0; quarter < 4; ++quarter) {
    for (double a : Allocations(version)) expected.push_back(a / 4);
  }
  EXPECT_GT(ChiSquarePValue(cells, expected), kErrorRate);
}

TEST_P(DrawFrequencyTest, AnExplanationIsTheSameDraw) {
  std::vector<ArmState> arms = FourArms();
  for (const bool disabled : {false, true}) {
    arms[1].disabled = disabled;
    const DrawVersion version = Freeze(GetParam().policy, GetParam().floor, arms);
    for (uint64_t i = 0; i < kUsers / 10; ++i) {
      const UserHash user = TestUser(24, i);
      ASSERT_EQ(ExplainDraw(version, user).arm, Draw(version, user));
    }
  }
}

// Each path is taken as often as its mass says, and its steps lead to the arm.
TEST_P(DrawFrequencyTest, AnExplanationLeadsToItsArm) {
  const DrawVersion version = Version();
  const bool fixed = version.policy == Policy::kFixed;
  std::vector<uint64_t> by_floor(2);
  for (uint64_t i = 0; i < kUsers / 10; ++i) {
    const DrawExplanation draw = ExplainDraw(version, TestUser(25, i));
    ++by_floor[draw.path == DrawPath::kFloor];
    ASSERT_EQ(draw.floor_coin.has_value(), !fixed);
    ASSERT_EQ(draw.path == DrawPath::kWeights, fixed);
    if (!fixed) {
      ASSERT_EQ(draw.path == DrawPath::kFloor, *draw.floor_coin < *draw.floor_mass);
    }
    const bool drawn = !fixed && draw.path != DrawPath::kFloor;
    ASSERT_EQ(draw.largest_draw.has_value(), drawn);
    ASSERT_EQ(draw.choice.has_value(), !drawn || draw.path == DrawPath::kTopTwoChallenger);
    ASSERT_EQ(draw.leader_coin.has_value(), drawn && version.policy == Policy::kTopTwoThompson);
    for (const std::optional<double>& odds : draw.odds) ASSERT_EQ(odds.has_value(), drawn);
    if (!drawn) continue;
    const size_t largest = std::max_element(draw.odds.begin(), draw.odds.end()) - draw.odds.begin();
    ASSERT_EQ(*draw.largest_draw, largest);
    ASSERT_EQ(draw.arm == largest, draw.path != DrawPath::kTopTwoChallenger);
    if (draw.leader_coin.has_value()) {
      ASSERT_EQ(draw.path == DrawPath::kTopTwoLeader, *draw.leader_coin < kTopTwoLeaderShare);
    }
  }
  const double mass = fixed ? 0 : FloorMass(version.floor, 4);
  EXPECT_GT(ChiSquarePValue(by_floor, {1 - mass, mass}), kErrorRate);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, DrawFrequencyTest,
    testing::Values(PolicyCase{Policy::kThompson, 0, "Thompson"},
                    PolicyCase{Policy::kThompson, 0.05, "ThompsonWithFloor"},
                    PolicyCase{Policy::kThompson, 0.25, "ThompsonBurnIn"},
                    PolicyCase{Policy::kTopTwoThompson, 0, "TopTwo"},
                    PolicyCase{Policy::kTopTwoThompson, 0.05, "TopTwoWithFloor"},
                    PolicyCase{Policy::kFixed, 0, "Fixed"},
                    PolicyCase{Policy::kFixed, 0.05, "FixedWithFloor"}),
    [](const testing::TestParamInfo<PolicyCase>& param) { return param.param.name; });

TEST(DrawTest, OneEligibleArmIsAlwaysDrawn) {
  std::vector<ArmState> arms = FourArms();
  arms[0].disabled = arms[1].disabled = arms[3].disabled = true;
  for (Policy policy : {Policy::kThompson, Policy::kTopTwoThompson, Policy::kFixed}) {
    const DrawVersion version = Freeze(policy, 0.01, arms);
    for (uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(Draw(version, TestUser(15, i)), 2u);
  }
}

TEST(DrawTest, TheLargestDrawWins) {
  std::vector<ArmState> arms = FourArms();
  const DrawVersion version = Freeze(Policy::kThompson, 0, arms);
  for (uint64_t i = 0; i < 1000; ++i) {
    const UserHash user = TestUser(16, i);
    std::vector<double> odds;
    for (size_t arm = 0; arm < arms.size(); ++arm) {
      RandomStream stream(version.salt, user, version.number,
                          kFirstArmStream + static_cast<uint32_t>(arm));
      odds.push_back(DrawBetaOdds(version.arms[arm].posterior, stream));
    }
    const size_t largest = std::max_element(odds.begin(), odds.end()) - odds.begin();
    EXPECT_EQ(Draw(version, user), largest);
  }
}

// In rates both would round to 1 in one draw of two, and the first would win too often.
TEST(DrawTest, ArmsThatAlwaysConvertDoNotTie) {
  std::vector<ArmState> arms(2);
  for (ArmState& arm : arms) {
    arm.posterior = CountedPosterior({0.1, 0.1}, 1'000'000'000, 1'000'000'000);
  }
  DrawConfiguration configuration;
  configuration.floor = 0;
  const DrawVersion version = FreezeVersion(configuration, arms);
  EXPECT_GT(ChiSquarePValue(CountDraws(version, 17), {0.5, 0.5}), kErrorRate);
}

TEST(DrawTest, TopTwoSplitsTheChallengeEvenlyWhenTheLeaderIsCertain) {
  std::vector<ArmState> arms(3);
  for (ArmState& arm : arms) arm.posterior = CountedPosterior({}, 1'000'000, 0);
  arms[1].posterior = CountedPosterior({}, 1'000'000, 1'000'000);
  const DrawVersion version = Freeze(Policy::kTopTwoThompson, 0, arms);
  EXPECT_EQ(version.arms[1].probability_best, 1);
  EXPECT_GT(ChiSquarePValue(CountDraws(version, 18), {0.25, 0.5, 0.25}), kErrorRate);
}

TEST(DrawTest, FixedNeverDrawsAWeightOfZero) {
  std::vector<ArmState> arms = FourArms();
  arms[0].weight = arms[3].weight = 0;
  const std::vector<uint64_t> counts = CountDraws(Freeze(Policy::kFixed, 0, arms), 19);
  EXPECT_GT(ChiSquarePValue(counts, {0, 0.4, 0.6, 0}), kErrorRate);
}

TEST(DrawTest, AHundredArmsAreDrawnByTheirAllocation) {
  std::vector<ArmState> arms(100);
  for (size_t i = 0; i < arms.size(); ++i) {
    arms[i].posterior = CountedPosterior({}, 200, 20 + i % 7);
  }
  for (Policy policy : {Policy::kThompson, Policy::kTopTwoThompson}) {
    const DrawVersion version = Freeze(policy, 0.001, arms);
    EXPECT_GT(ChiSquarePValue(CountDraws(version, 20, 20'000), Allocations(version)), kErrorRate);
  }
}

// Replays of old assignments depend on these for ever.
TEST(DrawTest, KeepsItsGoldenDraws) {
  const auto draws = [](Policy policy) {
    DrawVersion version;
    version.policy = policy;
    version.number = 1795392000123;
    version.floor = 0.05;
    version.salt = TestSalt(7);
    version.sampler_id = kSamplerId;
    const double p[] = {0.25, 0.125, 0.5, 0.125};
    for (size_t i = 0; i < 4; ++i) {
      DrawArm arm;
      arm.posterior = {static_cast<double>(10 + i % 3), 100};
      arm.weight = arm.probability_best = p[i];
      version.arms.push_back(arm);
    }
    std::string result;
    for (uint64_t i = 0; i < 40; ++i) {
      result += static_cast<char>('0' + Draw(version, TestUser(21, i)));
    }
    return result;
  };
  EXPECT_EQ(draws(Policy::kThompson), "0213012123313010301210002011010222112111");
  EXPECT_EQ(draws(Policy::kTopTwoThompson), "0120112323323220301200001013011122110210");
  EXPECT_EQ(draws(Policy::kFixed), "0112112220232222002032002232302320103203");
}

TEST(DrawTest, KnowsTheSamplersOfThisBuildOnly) {
  EXPECT_TRUE(IsKnownSampler(kSamplerId));
  EXPECT_TRUE(IsKnownSampler(kGammaQuotientSampler));
  EXPECT_FALSE(IsKnownSampler(0));
  EXPECT_FALSE(IsKnownSampler(kSamplerId + 1));
}

TEST(DrawTest, KnowsWhatCanBeDrawn) {
  const DrawVersion good = Freeze(Policy::kThompson, 0.05, FourArms());
  EXPECT_TRUE(IsDrawable(good));
  EXPECT_FALSE(IsDrawable(DrawVersion{}));
  const auto refuses = [&](const std::function<void(DrawVersion&)>& alter) {
    DrawVersion version = good;
    alter(version);
    return !IsDrawable(version);
  };
  const double nan = std::nan("");
  EXPECT_TRUE(refuses([](DrawVersion& v) { v.sampler_id = 77; }));
  EXPECT_TRUE(refuses([&](DrawVersion& v) { v.floor = nan; }));
  EXPECT_TRUE(refuses([](DrawVersion& v) {
    for (DrawArm& arm : v.arms) arm.eligible = false;
  }));
  for (const double wrong : {nan, 0.0, -1.0, 0.09, 1e13, HUGE_VAL}) {
    EXPECT_TRUE(refuses([&](DrawVersion& v) { v.arms[1].posterior.alpha = wrong; })) << wrong;
    EXPECT_TRUE(refuses([&](DrawVersion& v) { v.arms[1].posterior.beta = wrong; })) << wrong;
  }
  for (const double wrong : {nan, -0.1, 1.1}) {
    EXPECT_TRUE(refuses([&](DrawVersion& v) { v.arms[2].weight = wrong; })) << wrong;
    EXPECT_TRUE(refuses([&](DrawVersion& v) { v.arms[2].probability_best = wrong; })) << wrong;
    EXPECT_TRUE(refuses([&](DrawVersion& v) { v.arms[2].allocation = wrong; })) << wrong;
  }
}

// A version of sampler 1 is replayed as it was drawn, parameters below 1 included.
TEST(DrawTest, DrawsWithTheSamplerOfItsVersion) {
  DrawVersion version;
  version.number = 1;
  version.arms.resize(2);
  for (DrawArm& arm : version.arms) arm.posterior = {0.5, 0.5};
  version.arms[0].probability_best = version.arms[1].probability_best = 0.5;
  uint64_t differences = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const UserHash user = TestUser(23, i);
    std::vector<double> odds;
    for (uint32_t arm = 0; arm < 2; ++arm) {
      RandomStream stream(version.salt, user, version.number, kFirstArmStream + arm);
      odds.push_back(DrawBetaOdds(version.arms[arm].posterior, stream, kGammaQuotientSampler));
    }
    version.sampler_id = kGammaQuotientSampler;
    const size_t arm = Draw(version, user);
    EXPECT_EQ(arm, odds[1] > odds[0] ? 1u : 0u);
    version.sampler_id = kSwitchingSampler;
    differences += Draw(version, user) != arm;
  }
  EXPECT_GT(differences, 0u);
}

TEST(TrafficShareTest, IsUniformAndTheSameAtEveryVersion) {
  std::vector<double> shares;
  for (uint64_t i = 0; i < kUsers; ++i) {
    shares.push_back(TrafficShareUniform(TestSalt(8), TestUser(22, i)));
  }
  EXPECT_GT(KolmogorovPValue(shares), kErrorRate);
  EXPECT_EQ(TrafficShareUniform(TestSalt(8), TestUser(22, 0)), shares[0]);
  EXPECT_NE(TrafficShareUniform(TestSalt(9), TestUser(22, 0)), shares[0]);
}

}  // namespace
}  // namespace mab::bandit
