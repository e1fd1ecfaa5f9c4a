#include "admin/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
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
  // Exposures and conversions by variant, all older than the conversion window.
  Report Make(const std::vector<std::pair<uint64_t, uint64_t>>& counted,
              const bandit::DrawVersion* version = nullptr) {
    input_.ages.clear();
    for (size_t i = 0; i < counted.size(); ++i) {
      input_.ages.push_back({.experiment_id = input_.experiment.id,
                             .variant_index = i,
                             .age_bucket = std::nullopt,
                             .exposures = counted[i].first,
                             .conversions = counted[i].second,
                             .mean_age_seconds = 1e6});
    }
    input_.version.reset();
    if (version != nullptr) input_.version = *version;
    return MakeReport(input_);
  }
  // The version of what was counted last.
  bandit::DrawVersion Freeze() {
    const std::vector<ArmEvidence> evidence =
        ArmEvidenceOf(input_.experiment, input_.ages, bandit::DelayDistribution());
    return bandit::FreezeVersion(DrawConfigurationOf(input_.experiment),
                                 ArmStatesOf(input_.experiment, evidence));
  }
  // One hour of exposures of two variants, that many hours ago and all matured, served as often as
  // was expected.
  void AddHour(int hours_ago, std::vector<std::pair<uint64_t, uint64_t>> counted) {
    for (size_t i = 0; i < counted.size(); ++i) {
      const auto [exposures, conversions] = counted[i];
      input_.hours.push_back({.start = kNow - absl::Hours(hours_ago),
                              .variant_index = i,
                              .exposures = exposures,
                              .expected_exposures = static_cast<double>(exposures),
                              .conversions = conversions});
    }
  }

  static ReportInput Empty() {
    ReportInput input;
    input.experiment = MakeTestExperiment("hero", 2, kNow);
    input.now = kNow;
    return input;
  }

  ReportInput input_ = Empty();
  storage::Experiment& experiment_ = input_.experiment;
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

TEST_F(ReportTest, ComparesWithTheControlAsTheContractsExampleDoes) {
  AddHour(240, {{7990, 370}, {0, 0}});
  AddHour(200, {{0, 0}, {12010, 640}});
  const Report report = Make({{7990, 370}, {12010, 640}});
  EXPECT_EQ(report.variants[0].versus_control, std::nullopt);
  ASSERT_TRUE(report.variants[1].versus_control.has_value());
  const bandit::Comparison& versus = *report.variants[1].versus_control;
  EXPECT_NEAR(versus.difference_mean, 0.00694, 5e-6);
  EXPECT_NEAR(versus.difference.lower, 0.00079, 5e-6);
  EXPECT_NEAR(versus.difference.upper, 0.01303, 5e-6);
  EXPECT_NEAR(versus.lift_median, 0.1499, 5e-5);
  EXPECT_NEAR(versus.lift.lower, 0.0158, 5e-5);
  EXPECT_NEAR(versus.lift.upper, 0.3038, 5e-5);
  EXPECT_NEAR(versus.probability_better, 0.98644, 5e-6);
  EXPECT_EQ(report.value_remaining, 0) << "the leader is best with more than 0.95";
  EXPECT_EQ(report.verdict.code, bandit::VerdictCode::kLeaderClear);
  EXPECT_EQ(report.verdict.winner, 1u);
  EXPECT_LT(report.error_estimate, 1e-9);
}

TEST_F(ReportTest, ComparesWithAControlThatIsNotTheFirst) {
  experiment_.variants[0].is_control = false;
  experiment_.variants[1].is_control = true;
  const Report report = Make({{7990, 370}, {12010, 640}});
  EXPECT_EQ(report.variants[1].versus_control, std::nullopt);
  EXPECT_NEAR(report.variants[0].versus_control->probability_better, 0.01356, 5e-6);
}

TEST_F(ReportTest, AnExposureThatMayStillConvertIsNotYetAFailure) {
  // Half of the conversions take an hour, the others a day: so say 2,000 of old exposures.
  input_.delays = bandit::DelayDistribution::Estimate(
      {{1e6, bandit::DelayBucket(3000), 1000}, {1e6, bandit::DelayBucket(80'000), 1000}},
      experiment_.conversion_window_seconds);
  Make({{1000, 50}, {0, 0}});
  // Two hours old: half of what will come has come.
  input_.ages.push_back({.experiment_id = experiment_.id,
                         .variant_index = 1,
                         .age_bucket = bandit::DelayBucket(7200),
                         .exposures = 1000,
                         .conversions = 25,
                         .mean_age_seconds = 7200});
  const Report report = MakeReport(input_);
  const VariantReport& young = report.variants[1];
  EXPECT_EQ(young.exposures, 1000u);
  EXPECT_EQ(young.pending, 975u);
  EXPECT_EQ(young.rate, 0.025);
  EXPECT_NEAR(young.trials, 25 + 975 * 0.5, 2);
  EXPECT_NEAR(young.mean, 0.05, 0.002);
  EXPECT_NEAR(report.variants[0].mean, 0.05, 0.002);
  EXPECT_EQ(report.delays.pending, 975u);
  ASSERT_TRUE(report.delays.median_seconds.has_value());
  EXPECT_NEAR(*report.delays.median_seconds, 3000, 400);
  EXPECT_NEAR(*report.delays.ninth_decile_seconds, 80'000, 8000);
}

// Day and night: everybody converts more by day, and the better variant got its traffic at night.
TEST_F(ReportTest, ComparesWithinHoursWhereAllExposuresTogetherMislead) {
  for (int day = 8; day < 12; ++day) {
    AddHour(day * 24 + 12, {{9000, 1800}, {1000, 220}});  // 20 % and 22 %
    AddHour(day * 24, {{1000, 50}, {9000, 500}});         // 5 % and 5.6 %
  }
  const Report report = Make({{40'000, 7400}, {40'000, 2880}});
  EXPECT_GT(report.variants[0].pooled.probability_best, 0.999);
  EXPECT_GT(report.variants[1].stratified.probability_best, 0.95);
  EXPECT_EQ(report.basis, Basis::kStratified);
  EXPECT_LT(report.swing.p_value, kSwingPValue);
  EXPECT_EQ(report.variants[1].probability_best, report.variants[1].stratified.probability_best);
  EXPECT_NEAR(report.variants[1].versus_control->lift_median, 0.105, 0.02);
  EXPECT_EQ(report.verdict.leader, 1u);
  // By day 4,000 too many saw the worse one, by night 4,000 too many the better one, and by day
  // more is lost: 4 × 4,000 × (0.006 − 0.02).
  ASSERT_TRUE(report.gain.has_value());
  EXPECT_NEAR(report.gain->mean, -224, 50);
}

TEST_F(ReportTest, AgreesWithAllExposuresTogetherWhereRatesStandStill) {
  for (int hour = 170; hour < 190; ++hour) AddHour(hour, {{1000, 50}, {1000, 60}});
  const Report report = Make({{20'000, 1000}, {20'000, 1200}});
  EXPECT_EQ(report.basis, Basis::kPooled);
  EXPECT_GT(report.swing.p_value, kSwingPValue);
  for (const VariantReport& variant : report.variants) {
    EXPECT_NEAR(variant.stratified.probability_best, variant.pooled.probability_best, 1e-6);
    EXPECT_NEAR(variant.stratified.rate, variant.pooled.rate, 1e-9);
  }
}

TEST_F(ReportTest, TheGainIsAgainstAnEqualSplitOfTheSameVisitors) {
  EXPECT_EQ(Make({}).gain, std::nullopt);

  AddHour(200, {{1000, 50}, {9000, 900}});
  const Report report = Make({{1000, 50}, {9000, 900}});
  ASSERT_TRUE(report.gain.has_value());
  // 4,000 visitors saw 10 % instead of 5 %.
  EXPECT_NEAR(report.gain->mean, 4000 * (901.0 / 9002 - 51.0 / 1002), 1e-6);
  EXPECT_GT(report.gain->interval.lower, 100);
  EXPECT_LT(report.gain->interval.upper, 300);

  input_.hours.clear();
  AddHour(200, {{5000, 50}, {5000, 900}});
  const Report equal = Make({{5000, 50}, {5000, 900}});
  EXPECT_EQ(equal.gain->mean, 0);
  EXPECT_EQ(equal.gain->interval.lower, 0);
  EXPECT_EQ(equal.gain->interval.upper, 0);
}

TEST_F(ReportTest, ADisabledVariantHasNoPartInTheEqualSplitOnceItCouldNotBeServed) {
  experiment_ = MakeTestExperiment("hero", 3, kNow);
  experiment_.variants[2].disabled = true;
  AddHour(300, {{1000, 50}, {1000, 50}, {1000, 10}});
  AddHour(200, {{1000, 50}, {1000, 50}, {0, 0}});
  EXPECT_NEAR(Make({{2000, 100}, {2000, 100}, {1000, 10}}).gain->mean, 0, 1e-9);
}

TEST_F(ReportTest, TheGainByHoursIsZeroWhereEveryHourWasSplitEqually) {
  // In the second day, twice as fertile, C could not be served and A and B shared its visitors.
  experiment_ = MakeTestExperiment("hero", 3, kNow);
  for (int hour = 0; hour < 24; ++hour) {
    AddHour(300 - hour, {{1000, 50}, {1000, 50}, {1000, 60}});
  }
  for (int hour = 0; hour < 24; ++hour) AddHour(200 - hour, {{1500, 150}, {1500, 150}, {0, 0}});
  const Report report = Make({{60'000, 4800}, {60'000, 4800}, {24'000, 1440}});
  ASSERT_EQ(report.basis, Basis::kStratified) << "all exposures together C looks worse: 6 % to 8 %";
  EXPECT_NEAR(report.gain->mean, 0, 1e-6);
  EXPECT_NEAR(report.gain->interval.lower, 0, 1e-6);
  EXPECT_NEAR(report.gain->interval.upper, 0, 1e-6);
}

TEST_F(ReportTest, TheGainByHoursCountsTheFertilityOfEachHour) {
  experiment_ = MakeTestExperiment("hero", 3, kNow);
  // C, a fifth better than A and B, had more than its share of the poor day, and a third of it of
  // the fertile one.
  for (int hour = 0; hour < 24; ++hour) AddHour(300 - hour, {{500, 25}, {500, 25}, {2000, 120}});
  for (int hour = 0; hour < 24; ++hour) AddHour(200 - hour, {{1250, 125}, {1250, 125}, {500, 60}});
  const Report report = Make({{42'000, 3600}, {42'000, 3600}, {60'000, 4320}});
  ASSERT_EQ(report.basis, Basis::kStratified);
  EXPECT_NEAR(report.gain->mean, 24 * (1000 * (0.06 - 0.05) - 500 * (0.12 - 0.10)), 1);
}

TEST_F(ReportTest, TheConfidenceSequenceCountsMaturedExposuresOnly) {
  input_.matured = {{.variant_index = 1, .exposures = 400, .conversions = 20}};
  const Report report = Make({{1000, 50}, {1000, 60}});
  EXPECT_EQ(report.variants[1].matured_exposures, 400u);
  EXPECT_LT(report.variants[1].confidence_sequence.lower, 0.05);
  EXPECT_GT(report.variants[1].confidence_sequence.upper, 0.05);
  EXPECT_LT(report.variants[1].confidence_sequence.upper, 0.2);
  EXPECT_EQ(report.variants[0].confidence_sequence.lower, 0) << "nothing has matured";
  EXPECT_EQ(report.variants[0].confidence_sequence.upper, 1);
}

TEST_F(ReportTest, AWeekIsAskedForWhereTheRateMovesWithTheHour) {
  for (int hour = 47; hour >= 0; --hour) {
    const uint64_t converted = hour % 24 < 12 ? 20 : 60;
    AddHour(hour + 1, {{1000, converted}, {1000, converted * 2}});
  }
  const std::vector<std::pair<uint64_t, uint64_t>> counted = {{48'000, 1920}, {48'000, 3840}};
  EXPECT_EQ(Make(counted).verdict.code, bandit::VerdictCode::kWeekIncomplete);
  AddHour(7 * 24, {{1000, 20}, {1000, 40}});
  std::rotate(input_.hours.begin(), input_.hours.end() - 2, input_.hours.end());
  EXPECT_EQ(Make(counted).verdict.code, bandit::VerdictCode::kLeaderClear);
}

TEST_F(ReportTest, BeforeAnyCountEveryVariantIsAlike) {
  const Report report = Make({});
  EXPECT_EQ(report.version, 0u);
  EXPECT_EQ(report.as_of, kNow);
  EXPECT_EQ(report.verdict.code, bandit::VerdictCode::kNoData);
  for (const VariantReport& variant : report.variants) {
    EXPECT_EQ(variant.rate, 0);
    EXPECT_EQ(variant.mean, 0.5);
    EXPECT_NEAR(variant.probability_best, 0.5, 1e-9);
    EXPECT_NEAR(variant.expected_loss, 1.0 / 6.0, 1e-9);  // E[max] = 2/3 of two uniforms
    EXPECT_NEAR(variant.allocation, 0.5, 1e-9);
    EXPECT_NEAR(variant.credible_interval.lower, 0.025, 1e-10);
    EXPECT_NEAR(variant.credible_interval.upper, 0.975, 1e-10);
  }
  EXPECT_FALSE(report.delays.median_seconds.has_value());
  EXPECT_FALSE(report.delays.ninth_decile_seconds.has_value());
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
