#include "admin/next_version.h"

#include <gtest/gtest.h>

#include "admin/draw_input.h"
#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kNowMs = 1'800'000'000'000;

class NextVersionTest : public ::testing::Test {
 protected:
  std::optional<bandit::DrawVersion> Next(const std::vector<std::pair<uint64_t, uint64_t>>& counted,
                                          const bandit::DrawVersion* current = nullptr,
                                          uint64_t last_number = 0, uint64_t now_ms = kNowMs) {
    std::vector<storage::ArmAge> ages;
    for (size_t i = 0; i < counted.size(); ++i) {
      ages.push_back({.experiment_id = experiment_.id,
                      .variant_index = i,
                      .age_bucket = std::nullopt,
                      .exposures = counted[i].first,
                      .conversions = counted[i].second,
                      .mean_age_seconds = 1e6});
    }
    const auto evidence = ArmEvidenceOf(experiment_, ages, bandit::DelayDistribution());
    return NextVersion(experiment_, ArmStatesOf(experiment_, evidence), current, last_number,
                       now_ms);
  }

  storage::Experiment experiment_ = MakeTestExperiment("hero", 2, kNow);
};

TEST_F(NextVersionTest, TheFirstOneIsMadeOfThePriorAlone) {
  const auto version = Next({});
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->number, kNowMs);
  EXPECT_EQ(version->salt, experiment_.salt);
  ASSERT_EQ(version->arms.size(), 2u);
  for (const bandit::DrawArm& arm : version->arms) {
    EXPECT_EQ(arm.posterior, (bandit::Posterior{1, 1}));
    EXPECT_NEAR(arm.allocation, 0.5, 1e-12);
  }
}

TEST_F(NextVersionTest, CountsEachVariantsConversionsAndFailures) {
  const auto version = Next({{100, 4}, {120, 9}});
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->arms[0].posterior, (bandit::Posterior{5, 97}));
  EXPECT_EQ(version->arms[1].posterior, (bandit::Posterior{10, 112}));
  EXPECT_GT(version->arms[1].allocation, version->arms[0].allocation);
}

TEST_F(NextVersionTest, StandsWhileNothingMoves) {
  const auto version = Next({{100, 4}, {120, 9}});
  EXPECT_EQ(Next({{100, 4}, {120, 9}}, &*version), std::nullopt);
}

TEST_F(NextVersionTest, StandsWhereNoAllocationMovesByATenThousandth) {
  const auto version = Next({{1'000'000, 40'000}, {1'000'000, 60'000}});
  EXPECT_EQ(Next({{1'000'000, 40'000}, {1'000'001, 60'001}}, &*version), std::nullopt);
}

TEST_F(NextVersionTest, FollowsTheConfiguration) {
  const auto version = Next({{100, 4}, {120, 9}});
  experiment_.floor = 0.2;
  const auto next = Next({{100, 4}, {120, 9}}, &*version);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->floor, 0.2);
}

TEST_F(NextVersionTest, LeavesADisabledVariantOut) {
  experiment_ = MakeTestExperiment("hero", 3, kNow);
  const auto version = Next({});
  experiment_.variants[2].disabled = true;
  const auto next = Next({}, &*version);
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE(next->arms[2].eligible);
  EXPECT_EQ(next->arms[2].allocation, 0);
}

TEST_F(NextVersionTest, BurnInSharesEquallyUntilEachVariantHasEnough) {
  experiment_.burn_in_exposures = 100;
  const auto burning = Next({{100, 1}, {99, 50}});
  EXPECT_NEAR(burning->arms[0].allocation, 0.5, 1e-12);
  const auto over = Next({{100, 1}, {100, 50}}, &*burning);
  ASSERT_TRUE(over.has_value());
  EXPECT_NEAR(over->arms[1].allocation, 0.99, 1e-6);
}

TEST_F(NextVersionTest, NumbersGrowWhateverTheClockDoes) {
  const auto version = Next({});
  EXPECT_EQ(Next({{9, 9}}, &*version, 0, kNowMs + 500)->number, kNowMs + 500);
  EXPECT_EQ(Next({{9, 9}}, &*version, 0, kNowMs)->number, kNowMs + 1) << "the same millisecond";
  EXPECT_EQ(Next({{9, 9}}, &*version, 0, kNowMs - 9000)->number, kNowMs + 1) << "turned back";
  EXPECT_EQ(Next({}, nullptr, kNowMs + 70)->number, kNowMs + 71) << "forgotten by the database";
}

TEST_F(NextVersionTest, ARowOfAVariantThatIsGoneIsNotCounted) {
  const auto version = Next({{1, 1}, {1, 1}, {50, 50}});
  ASSERT_EQ(version->arms.size(), 2u);
}

}  // namespace
}  // namespace mab::admin
