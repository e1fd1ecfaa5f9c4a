#include "bandit/replay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bandit/draw.h"
#include "bandit/freeze_version.h"
#include "bandit/statistical_checks.h"

namespace mab::bandit {
namespace {

DrawVersion Freeze(Policy policy = Policy::kThompson) {
  std::vector<ArmState> arms(3);
  for (size_t i = 0; i < arms.size(); ++i) {
    arms[i].posterior = CountedPosterior({}, 1000, 50 + 5 * i);
    arms[i].weight = static_cast<double>(1 + i);
  }
  arms[1].disabled = true;
  DrawConfiguration configuration;
  configuration.policy = policy;
  configuration.floor = 0.02;
  configuration.salt = TestSalt(3);
  DrawVersion version = FreezeVersion(configuration, arms);
  version.number = 1795392000123;
  return version;
}

TEST(ReplayTest, WhatWasDrawnAgreesUnderEveryPolicy) {
  for (const Policy policy : {Policy::kThompson, Policy::kTopTwoThompson, Policy::kFixed}) {
    const DrawVersion version = Freeze(policy);
    for (uint64_t i = 0; i < 1000; ++i) {
      const UserHash user = TestUser(1, i);
      const size_t arm = Draw(version, user);
      EXPECT_EQ(Replay(version, user, arm, version.arms[arm].allocation), ReplayOutcome::kAgrees);
      EXPECT_EQ(Replay(version, user, 2 - arm, version.arms[2 - arm].allocation),
                ReplayOutcome::kOtherArm);
    }
  }
}

TEST(ReplayTest, ThePropensityMustAgreeToTheLastBit) {
  const DrawVersion version = Freeze();
  const UserHash user = TestUser(1, 1);
  const size_t arm = Draw(version, user);
  const double propensity = version.arms[arm].allocation;
  for (const double wrong :
       {std::nextafter(propensity, 1), std::nextafter(propensity, 0), 0.0, std::nan("")}) {
    EXPECT_EQ(Replay(version, user, arm, wrong), ReplayOutcome::kOtherPropensity) << wrong;
  }
}

TEST(ReplayTest, WhatIsOnRecordMayBeAnything) {
  const DrawVersion version = Freeze();
  EXPECT_EQ(Replay(version, TestUser(1, 1), 77, 0.5), ReplayOutcome::kOtherArm);
  EXPECT_EQ(Replay(DrawVersion{}, TestUser(1, 1), 0, 0.5), ReplayOutcome::kNotDrawable);
  DrawVersion unknown = version;
  unknown.sampler_id = 99;
  EXPECT_EQ(Replay(unknown, TestUser(1, 1), 0, 0.5), ReplayOutcome::kNotDrawable);
}

TEST(VersionDeviationTest, IsNothingOfAVersionAsItWasFrozen) {
  for (const Policy policy : {Policy::kThompson, Policy::kTopTwoThompson, Policy::kFixed}) {
    EXPECT_EQ(VersionDeviation(Freeze(policy)), 0);
  }
}

TEST(VersionDeviationTest, ShowsWhatWasAltered) {
  DrawVersion version = Freeze();
  version.arms[0].probability_best += 1e-9;
  EXPECT_NEAR(VersionDeviation(version), 1e-9, 1e-12);
  version = Freeze();
  version.arms[2].allocation -= 1e-6;
  EXPECT_NEAR(VersionDeviation(version), 1e-6, 1e-12);
  version = Freeze();
  version.arms[0].posterior.alpha += 1;
  EXPECT_GT(VersionDeviation(version), 1e-3);
  version = Freeze();
  version.arms[1].probability_best = 0.25;  // disabled: it is the best of nothing
  EXPECT_EQ(VersionDeviation(version), 0.25);
}

}  // namespace
}  // namespace mab::bandit
