#include "bandit/allocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "bandit/sum.h"

namespace mab::bandit {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::Pointwise;

DrawVersion VersionOf(Policy policy, double floor, const std::vector<double>& probabilities) {
  DrawVersion version;
  version.policy = policy;
  version.floor = floor;
  for (double p : probabilities) {
    DrawArm arm;
    arm.probability_best = p;
    arm.weight = p;
    version.arms.push_back(arm);
  }
  return version;
}

TEST(AllocationTest, ThompsonIsProbabilityBestOnTheFloor) {
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kThompson, 0.01, {0.01356, 0.98644})),
              ElementsAre(DoubleEq(0.01 + 0.98 * 0.01356), DoubleEq(0.01 + 0.98 * 0.98644)));
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kThompson, 0, {0.25, 0.75})),
              ElementsAre(0.25, 0.75));
}

TEST(AllocationTest, TheFloorIsTheSmallestAllocation) {
  const std::vector<double> allocation =
      ComputeAllocation(VersionOf(Policy::kThompson, 0.05, {0, 0, 1}));
  EXPECT_THAT(allocation, ElementsAre(DoubleEq(0.05), DoubleEq(0.05), DoubleEq(0.9)));
}

TEST(AllocationTest, AFloorOfOneOverEligibleIsAnEqualSplitForEveryNumberOfArms) {
  for (size_t count = 2; count <= 100; ++count) {
    const double share = 1.0 / static_cast<double>(count);
    std::vector<double> probabilities(count, 0.0);
    probabilities[0] = 1;
    EXPECT_EQ(FloorMass(share, count), 1.0);
    EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kThompson, share, probabilities)),
                testing::Each(share));
  }
}

TEST(AllocationTest, ArmsThatAreNotEligibleGetNothing) {
  DrawVersion version = VersionOf(Policy::kThompson, 0.1, {0.4, 0, 0.6});
  version.arms[1].eligible = false;
  EXPECT_THAT(ComputeAllocation(version),
              ElementsAre(DoubleEq(0.1 + 0.8 * 0.4), 0, DoubleEq(0.1 + 0.8 * 0.6)));
}

// Russo's formula, ψ_k = p_k [β + (1 − β) Σ_{j≠k} p_j / (1 − p_j)].
TEST(AllocationTest, TopTwoFollowsTheFormula) {
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  std::vector<double> expected;
  for (size_t k = 0; k < p.size(); ++k) {
    double challenges = 0;
    for (size_t j = 0; j < p.size(); ++j) {
      if (j != k) challenges += p[j] / (1 - p[j]);
    }
    expected.push_back(p[k] * (0.5 + 0.5 * challenges));
  }
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kTopTwoThompson, 0, p)),
              Pointwise(DoubleEq(), expected));
}

TEST(AllocationTest, TopTwoKeepsChallengersInProportionWhenTheLeaderIsAlmostCertain) {
  const std::vector<double> allocation =
      ComputeAllocation(VersionOf(Policy::kTopTwoThompson, 0, {1.0, 1e-30, 3e-30}));
  EXPECT_THAT(allocation, ElementsAre(DoubleEq(0.5), DoubleEq(0.125), DoubleEq(0.375)));
}

TEST(AllocationTest, TopTwoSplitsTheChallengeEvenlyWhenTheLeaderIsCertain) {
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kTopTwoThompson, 0, {0, 1, 0})),
              ElementsAre(DoubleEq(0.25), DoubleEq(0.5), DoubleEq(0.25)));
}

TEST(AllocationTest, TopTwoOfTwoArmsIsAnEqualSplitAndOfOneArmIsAllOfIt) {
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kTopTwoThompson, 0, {0.9, 0.1})),
              ElementsAre(DoubleEq(0.5), DoubleEq(0.5)));
  DrawVersion version = VersionOf(Policy::kTopTwoThompson, 0.01, {1, 0});
  version.arms[1].eligible = false;
  EXPECT_THAT(ComputeAllocation(version), ElementsAre(1, 0));
}

TEST(AllocationTest, FixedIsTheWeightsWhateverTheFloor) {
  EXPECT_THAT(ComputeAllocation(VersionOf(Policy::kFixed, 0.2, {0.9, 0.1})), ElementsAre(0.9, 0.1));
}

TEST(AllocationTest, SumsToOne) {
  std::vector<double> p(100);
  for (size_t i = 0; i < p.size(); ++i) p[i] = static_cast<double>(i + 1) / 5050;
  for (Policy policy : {Policy::kThompson, Policy::kTopTwoThompson, Policy::kFixed}) {
    EXPECT_NEAR(Sum(ComputeAllocation(VersionOf(policy, 0.003, p))), 1, 1e-14);
  }
}

}  // namespace
}  // namespace mab::bandit
