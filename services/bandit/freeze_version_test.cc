#include "bandit/freeze_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "bandit/beta_sampler.h"

namespace mab::bandit {
namespace {

VariantId IdOf(uint8_t index) {
  VariantId id;
  id.uuid.bytes[15] = index;
  return id;
}

ArmState Arm(uint8_t index, uint64_t exposures, uint64_t conversions) {
  ArmState arm;
  arm.variant_id = IdOf(index);
  arm.exposures = exposures;
  arm.posterior = CountedPosterior({}, exposures, conversions);
  return arm;
}

std::vector<ArmState> ExampleArms() { return {Arm(1, 7990, 370), Arm(2, 12010, 640)}; }

std::vector<double> Allocations(const DrawVersion& version) {
  std::vector<double> allocations;
  for (const DrawArm& arm : version.arms) allocations.push_back(arm.allocation);
  return allocations;
}

TEST(FreezeVersionTest, FreezesAllThatADrawReads) {
  DrawConfiguration configuration;
  configuration.salt[3] = 9;
  const DrawVersion version = FreezeVersion(configuration, ExampleArms());
  EXPECT_EQ(version.number, 0u);
  EXPECT_EQ(version.policy, Policy::kThompson);
  EXPECT_EQ(version.floor, 0.01);
  EXPECT_EQ(version.salt, configuration.salt);
  EXPECT_EQ(version.sampler_id, kSamplerId);
  ASSERT_EQ(version.arms.size(), 2u);
  EXPECT_EQ(version.arms[0].variant_id, IdOf(1));
  EXPECT_EQ(version.arms[0].posterior, (Posterior{371, 7621}));
  EXPECT_EQ(version.arms[1].posterior, (Posterior{641, 11371}));
  EXPECT_NEAR(version.arms[0].probability_best, 0.01356, 5e-6);
  EXPECT_NEAR(version.arms[0].allocation, 0.02329, 5e-6);
  EXPECT_NEAR(version.arms[1].allocation, 0.97671, 5e-6);
}

TEST(CountedPosteriorTest, AddsThePrior) {
  const Posterior prior{0.1, 2.5};
  EXPECT_EQ(CountedPosterior(prior, 0, 0), prior);
  EXPECT_EQ(CountedPosterior(prior, 1'000'000'000, 1'000'000'000),
            (Posterior{1'000'000'000.1, 2.5}));
}

TEST(CountedPosteriorTest, CountsMoreConversionsThanExposuresAsNoFailures) {
  EXPECT_EQ(CountedPosterior({}, 3, 5), (Posterior{6, 1}));
}

TEST(FreezeVersionTest, SplitsEquallyUntilEveryEnabledArmHasItsExposures) {
  DrawConfiguration configuration;
  configuration.burn_in_exposures = 8000;
  std::vector<ArmState> arms = ExampleArms();
  const DrawVersion burning = FreezeVersion(configuration, arms);
  EXPECT_EQ(burning.floor, 0.5);
  EXPECT_THAT(Allocations(burning), testing::ElementsAre(0.5, 0.5));
  EXPECT_NEAR(burning.arms[0].probability_best, 0.01356, 5e-6);

  arms[0].exposures = 8000;
  EXPECT_EQ(FreezeVersion(configuration, arms).floor, 0.01);

  arms.push_back(Arm(3, 0, 0));
  arms[2].disabled = true;
  EXPECT_EQ(FreezeVersion(configuration, arms).floor, 0.01);
}

TEST(FreezeVersionTest, GivesADisabledArmNothingAndComparesOnlyTheOthers) {
  std::vector<ArmState> arms = ExampleArms();
  arms.insert(arms.begin() + 1, Arm(3, 100, 90));
  arms[1].disabled = true;
  const DrawVersion version = FreezeVersion(DrawConfiguration{}, arms);
  EXPECT_FALSE(version.arms[1].eligible);
  EXPECT_EQ(version.arms[1].allocation, 0);
  EXPECT_EQ(version.arms[1].probability_best, 0);
  EXPECT_EQ(version.arms[1].weight, 0);
  EXPECT_EQ(version.arms[1].posterior, (Posterior{91, 11}));
  EXPECT_NEAR(version.arms[2].probability_best, 0.98644, 5e-6);
}

TEST(FreezeVersionTest, OneEnabledArmGetsEverything) {
  for (Policy policy : {Policy::kThompson, Policy::kTopTwoThompson, Policy::kFixed}) {
    DrawConfiguration configuration;
    configuration.policy = policy;
    std::vector<ArmState> arms = ExampleArms();
    arms[1].disabled = true;
    EXPECT_THAT(Allocations(FreezeVersion(configuration, arms)), testing::ElementsAre(1, 0));
  }
}

TEST(FreezeVersionTest, ClampsAFloorThatIsTooHighForTheEnabledArms) {
  DrawConfiguration configuration;
  configuration.floor = 0.9;
  const DrawVersion version = FreezeVersion(configuration, ExampleArms());
  EXPECT_EQ(version.floor, 0.5);
  EXPECT_THAT(Allocations(version), testing::ElementsAre(0.5, 0.5));
}

TEST(FreezeVersionTest, FixedNormalisesTheWeightsOfEnabledArmsAndHasNoFloorOrBurnIn) {
  DrawConfiguration configuration;
  configuration.policy = Policy::kFixed;
  configuration.floor = 0.2;
  configuration.burn_in_exposures = 1'000'000;
  std::vector<ArmState> arms = ExampleArms();
  arms.push_back(Arm(3, 5, 1));
  arms[0].weight = 3;
  arms[1].weight = 1;
  arms[2].disabled = true;
  const DrawVersion version = FreezeVersion(configuration, arms);
  EXPECT_EQ(version.floor, 0);
  EXPECT_THAT(Allocations(version), testing::ElementsAre(0.75, 0.25, 0));
}

TEST(FreezeVersionTest, FixedSplitsEquallyWhenNoWeightIsPositive) {
  DrawConfiguration configuration;
  configuration.policy = Policy::kFixed;
  std::vector<ArmState> arms = ExampleArms();
  arms[0].weight = arms[1].weight = 0;
  EXPECT_THAT(Allocations(FreezeVersion(configuration, arms)), testing::ElementsAre(0.5, 0.5));
}

TEST(ShouldPublishTest, IgnoresWhatMovesNoAllocation) {
  const DrawVersion current = FreezeVersion(DrawConfiguration{}, ExampleArms());
  DrawVersion candidate = current;
  EXPECT_FALSE(ShouldPublish(current, candidate));
  candidate.arms[0].allocation += 9.9e-5;
  candidate.arms[1].allocation -= 9.9e-5;
  candidate.arms[0].posterior.alpha += 1;
  EXPECT_FALSE(ShouldPublish(current, candidate));
  candidate.arms[0].allocation += 1e-5;
  EXPECT_TRUE(ShouldPublish(current, candidate));
}

TEST(ShouldPublishTest, SeesEveryChangeOfTheConfiguration) {
  const DrawVersion current = FreezeVersion(DrawConfiguration{}, ExampleArms());
  const auto publishes = [&](const auto& change) {
    DrawVersion candidate = current;
    change(candidate);
    return ShouldPublish(current, candidate);
  };
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.policy = Policy::kFixed; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.floor = 0.0100001; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.salt[0] ^= 1; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.sampler_id += 1; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.arms[1].eligible = false; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.arms[1].weight = 0.4; }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.arms[1].variant_id = IdOf(9); }));
  EXPECT_TRUE(publishes([](DrawVersion& v) { v.arms.push_back(DrawArm{}); }));
  EXPECT_FALSE(publishes([](DrawVersion& v) { v.number = 5; }));
}

}  // namespace
}  // namespace mab::bandit
