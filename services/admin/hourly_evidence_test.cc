#include "admin/hourly_evidence.h"

#include <gtest/gtest.h>

namespace mab::admin {
namespace {

const absl::Time kHour = absl::FromUnixSeconds(1'800'000'000);  // an hour's start

storage::TotalsCell Cell(absl::Time start, size_t variant, uint64_t exposures, double expected,
                         uint64_t conversions) {
  return {.start = start,
          .variant_index = variant,
          .exposures = exposures,
          .expected_exposures = expected,
          .conversions = conversions};
}

TEST(HourlyEvidenceTest, HasARowAnHourWithEveryVariant) {
  const std::vector<HourlyEvidence> hours =
      HourlyEvidenceOf({Cell(kHour, 0, 10, 9.5, 2), Cell(kHour, 2, 5, 5.5, 1),
                        Cell(kHour + absl::Hours(3), 1, 4, 4, 0)},
                       bandit::DelayDistribution(), 3, kHour + absl::Hours(4));
  ASSERT_EQ(hours.size(), 2u);
  EXPECT_EQ(hours[0].start, kHour);
  EXPECT_EQ(hours[0].exposures, (std::vector<double>{10, 0, 5}));
  EXPECT_EQ(hours[0].expected, (std::vector<double>{9.5, 0, 5.5}));
  EXPECT_EQ(hours[0].conversions, (std::vector<double>{2, 0, 1}));
  EXPECT_EQ(hours[0].trials, hours[0].exposures) << "without a window nothing waits";
  EXPECT_EQ(hours[1].start, kHour + absl::Hours(3));
  EXPECT_EQ(hours[1].exposures, (std::vector<double>{0, 4, 0}));
}

TEST(HourlyEvidenceTest, LeavesOutHoursWithoutExposuresAndVariantsThatAreGone) {
  EXPECT_TRUE(HourlyEvidenceOf({Cell(kHour, 0, 0, 0.5, 0), Cell(kHour, 7, 3, 3, 1)},
                               bandit::DelayDistribution(), 2, kHour + absl::Hours(2))
                  .empty());
}

TEST(HourlyEvidenceTest, WeighsWhatIsPendingByItsAge) {
  // Half of the conversions come at once, half after about two hours.
  const bandit::DelayDistribution delays = bandit::DelayDistribution::Estimate(
      {{1e6, 0, 5000}, {1e6, bandit::DelayBucket(7200), 5000}}, 86'400);
  const std::vector<storage::TotalsCell> cells = {Cell(kHour, 0, 1000, 1000, 100)};
  const auto trials_at = [&](absl::Duration after) {
    return HourlyEvidenceOf(cells, delays, 1, kHour + after)[0].trials[0];
  };
  EXPECT_NEAR(trials_at(absl::Minutes(30)), 100 + 900 * 0.5, 5);
  EXPECT_NEAR(trials_at(absl::Hours(1)), 100 + 900 * 0.5, 5);
  EXPECT_NEAR(trials_at(absl::Hours(4)), 1000, 5);
  // Two hours and a half after its start an hour's exposures are 1.5 to 2.5 hours old.
  EXPECT_GT(trials_at(absl::Minutes(150)), 100 + 900 * 0.6);
  EXPECT_LT(trials_at(absl::Minutes(150)), 100 + 900 * 0.9);
}

TEST(HourlyEvidenceTest, MoreConversionsThanExposuresAreNot) {
  const auto hours = HourlyEvidenceOf({Cell(kHour, 0, 3, 3, 5)}, bandit::DelayDistribution(), 1,
                                      kHour + absl::Hours(2));
  EXPECT_EQ(hours[0].conversions[0], 3);
  EXPECT_EQ(hours[0].trials[0], 3);
}

}  // namespace
}  // namespace mab::admin
