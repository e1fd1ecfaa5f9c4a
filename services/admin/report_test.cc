#include "admin/report.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "admin/draw_input.h"
#include "admin/testing/test_experiment.h"
#include "bandit/freeze_version.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class ReportTest : public ::testing::Test {
 protected:
  Report Make(const std::vector<std::pair<uint64_t, uint64_t>>& counted,
              const bandit::DrawVersion* version = nullptr) {
    totals_.clear();
    for (size_t i = 0; i < counted.size(); ++i) {
      totals_.push_back({.experiment_id = experiment_.id,
                         .variant_index = i,
                         .exposures = counted[i].first,
                         .conversions = counted[i].second});
    }
    return MakeReport(experiment_, totals_, version, kNow);
  }
  bandit::DrawVersion Freeze() {
    return bandit::FreezeVersion(DrawConfigurationOf(experiment_),
                                 ArmStatesOf(experiment_, totals_));
  }

  storage::Experiment experiment_ = MakeTestExperiment("hero", 2, kNow);
  std::vector<storage::VariantTotals> totals_;
};

// The numbers of the example in the API documentation, which were computed elsewhere.
TEST_F(ReportTest, SaysWhatTheContractsExampleSays) {
  const Report report = Make({{7990, 370}, {12010, 640}});
  EXPECT_EQ(report.exposures, 20000u);
  EXPECT_EQ(report.conversions, 1010u);
  const VariantReport& a = report.variants[0];
  const VariantReport& b = report.variants[1];
  EXPECT_NEAR(a.rate, 0.04631, 5e-6);
  EXPECT_EQ(a.posterior, (bandit::Posterior{371, 7621}));
  EXPECT_NEAR(a.mean, 0.04642, 5e-6);
  EXPECT_NEAR(a.credible_interval.lower, 0.04192, 5e-6);
  EXPECT_NEAR(a.credible_interval.upper, 0.05114, 5e-6);
  EXPECT_NEAR(a.probability_best, 0.01356, 5e-6);
  EXPECT_NEAR(a.expected_loss, 0.00696, 5e-6);
  EXPECT_NEAR(a.allocation, 0.02329, 5e-6);
  EXPECT_NEAR(b.rate, 0.05329, 5e-6);
  EXPECT_NEAR(b.credible_interval.lower, 0.04942, 5e-6);
  EXPECT_NEAR(b.credible_interval.upper, 0.05745, 5e-6);
  EXPECT_NEAR(b.probability_best, 0.98644, 5e-6);
  EXPECT_NEAR(b.expected_loss, 0.0000152, 5e-8);
  EXPECT_NEAR(b.allocation, 0.97671, 5e-6);
}

TEST_F(ReportTest, BeforeAnyCountEveryVariantIsAlike) {
  const Report report = Make({});
  EXPECT_EQ(report.version, 0u);
  EXPECT_EQ(report.as_of, kNow);
  for (const VariantReport& variant : report.variants) {
    EXPECT_EQ(variant.rate, 0);
    EXPECT_EQ(variant.mean, 0.5);
    EXPECT_NEAR(variant.probability_best, 0.5, 1e-9);
    EXPECT_NEAR(variant.expected_loss, 1.0 / 6.0, 1e-9);  // E[max] = 2/3 of two uniforms
    EXPECT_NEAR(variant.allocation, 0.5, 1e-9);
    EXPECT_NEAR(variant.credible_interval.lower, 0.025, 1e-10);
    EXPECT_NEAR(variant.credible_interval.upper, 0.975, 1e-10);
  }
}

TEST_F(ReportTest, TheAllocationIsTheVersionsAndTheRestIsOfNow) {
  Make({{100, 5}, {100, 5}});
  bandit::DrawVersion version = Freeze();
  version.number = 77;
  const Report report = Make({{100, 5}, {100, 50}}, &version);
  EXPECT_EQ(report.version, 77u);
  EXPECT_NEAR(report.variants[1].allocation, 0.5, 1e-9);
  EXPECT_GT(report.variants[1].probability_best, 0.999);
}

TEST_F(ReportTest, ADisabledVariantIsNotInTheRace) {
  experiment_ = MakeTestExperiment("hero", 3, kNow);
  experiment_.floor = 0;
  const std::vector<std::pair<uint64_t, uint64_t>> counted = {{500, 25}, {500, 30}, {500, 45}};
  const Report with_all = Make(counted);
  EXPECT_GT(with_all.variants[2].probability_best, 0.9);
  const bandit::DrawVersion version = Freeze();

  experiment_.variants[2].disabled = true;
  const Report report = Make(counted, &version);
  EXPECT_EQ(report.variants[2].probability_best, 0);
  EXPECT_EQ(report.variants[2].allocation, 0) << "although the last version still drew it";
  EXPECT_NEAR(report.variants[0].probability_best + report.variants[1].probability_best, 1, 1e-9);
  // Against the other two and itself, as when it was in the race.
  EXPECT_NEAR(report.variants[2].expected_loss, with_all.variants[2].expected_loss, 1e-12);
  EXPECT_LT(report.variants[1].expected_loss, with_all.variants[1].expected_loss);
  EXPECT_EQ(report.exposures, 1500u) << "what it counted stays counted";
}

TEST_F(ReportTest, AHundredVariantsAddUp) {
  experiment_ = MakeTestExperiment("hero", 100, kNow);
  experiment_.floor = 0.001;
  std::vector<std::pair<uint64_t, uint64_t>> counted;
  for (uint64_t i = 0; i < 100; ++i) counted.emplace_back(1000 + i, 40 + i % 7);
  for (size_t i = 1; i < 50; ++i) experiment_.variants[i].disabled = true;
  const Report report = Make(counted);
  double best = 0, allocation = 0;
  for (const VariantReport& variant : report.variants) {
    best += variant.probability_best;
    allocation += variant.allocation;
    EXPECT_GT(variant.expected_loss, 0);
  }
  EXPECT_NEAR(best, 1, 1e-9);
  EXPECT_NEAR(allocation, 1, 1e-9);
}

// Seven-day retention of the mobile game "Cookie Cats": gate at level 30 against level 40, as
// published.
TEST_F(ReportTest, CookieCatsAreBetterOffWithTheEarlyGate) {
  const Report report = Make({{44'700, 8'502}, {45'489, 8'279}});
  EXPECT_GT(report.variants[0].probability_best, 0.999);
  EXPECT_LT(report.variants[0].expected_loss, 1e-6);
}

}  // namespace
}  // namespace mab::admin
