#include "admin/draw_input.h"

#include <gtest/gtest.h>

#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // an hour's start

class DrawInputTest : public ::testing::Test {
 protected:
  static storage::ArmAge Age(size_t variant, std::optional<double> seconds, uint64_t exposures,
                             uint64_t conversions) {
    storage::ArmAge age;
    age.variant_index = variant;
    age.exposures = exposures;
    age.conversions = conversions;
    if (seconds.has_value()) {
      age.age_bucket = bandit::DelayBucket(*seconds);
      age.mean_age_seconds = *seconds;
    }
    return age;
  }
  std::vector<ArmEvidence> Evidence(const std::vector<storage::ArmAge>& ages) {
    return ArmEvidenceOf(experiment_, ages, delays_);
  }

  storage::Experiment experiment_ = MakeTestExperiment("hero", 2, kNow);
  bandit::DelayDistribution delays_ = bandit::DelayDistribution::Estimate({}, 604'800);
};

TEST_F(DrawInputTest, BeforeAnyExposureThereIsThePrior) {
  experiment_.prior = {2, 30};
  const std::vector<ArmEvidence> evidence = Evidence({});
  ASSERT_EQ(evidence.size(), 2u);
  EXPECT_EQ(evidence[1].posterior, (bandit::Posterior{2, 30}));
  EXPECT_EQ(evidence[1].exposures, 0u);
}

TEST_F(DrawInputTest, MaturedExposuresAreSuccessesAndFailures) {
  const std::vector<ArmEvidence> evidence = Evidence({Age(1, std::nullopt, 100, 9)});
  EXPECT_EQ(evidence[1].posterior, (bandit::Posterior{10, 92}));
  EXPECT_EQ(evidence[1].exposures, 100u);
  EXPECT_EQ(evidence[1].conversions, 9u);
  EXPECT_EQ(evidence[1].pending, 0u);
  EXPECT_EQ(evidence[1].trials, 100);
  EXPECT_EQ(evidence[0].posterior, experiment_.prior);
}

TEST_F(DrawInputTest, PendingOnesCountByTheirAge) {
  const double completed = delays_.CompletedShare(3600);
  const std::vector<ArmEvidence> evidence =
      Evidence({Age(0, 3600, 1000, 1), Age(0, std::nullopt, 500, 2)});
  EXPECT_EQ(evidence[0].pending, 999u);
  EXPECT_NEAR(evidence[0].trials, 3 + 498 + 999 * completed, 1e-9);
  EXPECT_NEAR(evidence[0].posterior.beta, 1 + 498 + 999 * completed, 1e-6);
}

TEST_F(DrawInputTest, IgnoresVariantsThatAreGoneAndConversionsThatHaveNoExposure) {
  const std::vector<ArmEvidence> evidence =
      Evidence({Age(7, std::nullopt, 100, 9), Age(0, std::nullopt, 3, 5)});
  ASSERT_EQ(evidence.size(), 2u);
  EXPECT_EQ(evidence[0].conversions, 3u);
  EXPECT_EQ(evidence[0].posterior, (bandit::Posterior{4, 1}));
}

TEST_F(DrawInputTest, TheRunningHourSaysHowLongConversionsTake) {
  // Started 20 minutes ago; all that converted took about five minutes.
  experiment_.start_time = kNow + absl::Minutes(40);
  storage::DelayCell cell;
  cell.hour = kNow;
  cell.delay_bucket = bandit::DelayBucket(300);
  cell.conversions = 1000;
  const bandit::DelayDistribution delays =
      DelayDistributionOf(experiment_, {cell}, kNow + absl::Minutes(60));
  EXPECT_LT(delays.CompletedShare(200), 0.02);
  EXPECT_GT(delays.CompletedShare(400), 0.9);
}

TEST_F(DrawInputTest, StatesSayWhatADrawReads) {
  experiment_.variants[1].disabled = true;
  experiment_.variants[1].weight = 3;
  const std::vector<bandit::ArmState> states =
      ArmStatesOf(experiment_, Evidence({Age(1, std::nullopt, 100, 9)}));
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[1].variant_id, experiment_.variants[1].id);
  EXPECT_TRUE(states[1].disabled);
  EXPECT_EQ(states[1].weight, 3);
  EXPECT_EQ(states[1].exposures, 100u);
  EXPECT_EQ(states[1].posterior, (bandit::Posterior{10, 92}));
}

}  // namespace
}  // namespace mab::admin
