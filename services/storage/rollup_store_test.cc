#include "storage/rollup_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A minute past an hour, so that the first hour read by minutes begins kMinutesKept and a minute
// before.
const absl::Time kHour = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kNow = kHour + absl::Minutes(1);
constexpr absl::Duration kWindow = absl::Hours(72);

class RollupStorePostgresTest : public ::testing::Test {
 protected:
  RollupStorePostgresTest() { AddExperiment(SampleExperiment(1), "one"); }

  void Run(const std::string& sql, const std::vector<PgParam>& params) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << result.status();
  }

  void AddExperiment(ExperimentId id, const std::string& key, absl::Duration window = kWindow) {
    Run("INSERT INTO mab.experiments (id, key, name, description, state, policy, floor,"
        " burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds,"
        " threshold_of_caring, salt, revision, create_time, update_time)"
        " VALUES ($1, $2, '', '', 'RUNNING', 'THOMPSON', 0, 0, 1, 1, 1, $3, 0.1,"
        " decode('00000000000000000000000000000000', 'hex'), 1, now(), now())",
        {id, key, absl::ToInt64Seconds(window)});
  }

  // What the drainer would leave of exposures that began `age` before kHour.
  void AddMinute(absl::Duration age, int variant, int exposures, int conversions,
                 double expected = 0, ExperimentId id = SampleExperiment(1)) {
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions) VALUES ($1, $2, $3, $4, $5, $6)",
        {id, variant, kHour - age, exposures, expected, conversions});
    Run("INSERT INTO mab.variant_totals AS t (experiment_id, variant_index, exposures, conversions)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT (experiment_id, variant_index) DO UPDATE SET"
        " exposures = t.exposures + excluded.exposures,"
        " conversions = t.conversions + excluded.conversions",
        {id, variant, exposures, conversions});
  }

  void AddDelay(absl::Duration age, int variant, int bucket, int conversions) {
    Run("INSERT INTO mab.delay_totals (experiment_id, variant_index, hour, delay_bucket,"
        " conversions) VALUES ($1, $2, $3, $4, $5)",
        {SampleExperiment(1), variant, kHour - age, bucket, conversions});
  }

  template <typename T>
  T Read(const std::function<absl::StatusOr<T>(PgConnection&)>& read) {
    T value;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      absl::StatusOr<T> result = read(db);
      if (result.ok()) value = *std::move(result);
      return result.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }

  std::vector<ArmAge> Ages(const std::vector<ExperimentId>& ids = {SampleExperiment(1)}) {
    return Read<std::vector<ArmAge>>(
        [&](PgConnection& db) { return RollupStore::ArmAges(db, ids, now_); });
  }
  std::vector<TotalsCell> Hours() {
    return Read<std::vector<TotalsCell>>(
        [](PgConnection& db) { return RollupStore::Hours(db, SampleExperiment(1)); });
  }
  std::vector<MaturedTotals> Matured(absl::Duration age) {
    return Read<std::vector<MaturedTotals>>([&](PgConnection& db) {
      return RollupStore::Matured(db, SampleExperiment(1), kNow, kHour - age);
    });
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  absl::Time now_ = kNow;
};

auto Age(size_t variant, std::optional<int> bucket, uint64_t exposures, uint64_t conversions,
         double mean_age) {
  return ::testing::AllOf(::testing::Field("variant", &ArmAge::variant_index, variant),
                          ::testing::Field("bucket", &ArmAge::age_bucket, bucket),
                          ::testing::Field("exposures", &ArmAge::exposures, exposures),
                          ::testing::Field("conversions", &ArmAge::conversions, conversions),
                          ::testing::Field("age", &ArmAge::mean_age_seconds, mean_age));
}

auto Cell(absl::Duration age, size_t variant, uint64_t exposures, double expected,
          uint64_t conversions) {
  return ::testing::AllOf(::testing::Field("start", &TotalsCell::start, kHour - age),
                          ::testing::Field("variant", &TotalsCell::variant_index, variant),
                          ::testing::Field("exposures", &TotalsCell::exposures, exposures),
                          ::testing::Field("expected", &TotalsCell::expected_exposures, expected),
                          ::testing::Field("conversions", &TotalsCell::conversions, conversions));
}

TEST_F(RollupStorePostgresTest, AnswersNothingOfNoExperimentAndOfAnEmptyOne) {
  EXPECT_THAT(Ages({}), IsEmpty());
  EXPECT_THAT(Ages(), IsEmpty());
  EXPECT_THAT(Hours(), IsEmpty());
  EXPECT_THAT(Matured(absl::ZeroDuration()), IsEmpty());
}

// At kNow the minute that began at kHour has a middle 30 seconds ago: floor(8 log2(31)) = 39.
TEST_F(RollupStorePostgresTest, GroupsExposuresByTheBucketOfTheirAge) {
  AddMinute(absl::ZeroDuration(), 0, 5, 1);
  AddMinute(absl::Minutes(10), 1, 7, 2);  // 630 s: bucket 74
  AddMinute(absl::Minutes(11), 1, 3, 0);  // 690 s: bucket 75
  EXPECT_THAT(Ages(), ElementsAre(Age(0, 39, 5, 1, 30), Age(0, std::nullopt, 0, 0, 259200),
                                  Age(1, 74, 7, 2, 630), Age(1, 75, 3, 0, 690),
                                  Age(1, std::nullopt, 0, 0, 259200)));
}

TEST_F(RollupStorePostgresTest, BucketsAgesAsTheDatabaseBucketsDelays) {
  for (int minutes = 0; minutes < 350; minutes += 3) {
    AddMinute(absl::Minutes(minutes), 0, 1, 0);
  }
  const auto expected = pool_.Execute(
      "SELECT mab.delay_bucket(minute + interval '30 seconds', $1) AS bucket, count(*) AS n "
      "FROM mab.arm_totals GROUP BY bucket ORDER BY bucket",
      {kNow});
  ASSERT_TRUE(expected.ok()) << expected.status();
  const std::vector<ArmAge> ages = Ages();
  ASSERT_EQ(ages.size(), static_cast<size_t>(expected->rows()) + 1);
  for (int row = 0; row < expected->rows(); ++row) {
    EXPECT_EQ(ages[row].age_bucket, expected->Int(row, "bucket"));
    EXPECT_EQ(ages[row].exposures, static_cast<uint64_t>(expected->Int(row, "n")));
  }
}

TEST_F(RollupStorePostgresTest, TakesWhatIsPastTheWindowFromTheRunningTotals) {
  AddMinute(absl::Minutes(10), 0, 7, 2);
  AddMinute(absl::Hours(90), 0, 1000, 50);
  AddMinute(absl::Hours(500), 0, 2000, 60);
  AddMinute(absl::Hours(500), 1, 4, 3);
  EXPECT_THAT(Ages(), ElementsAre(Age(0, 74, 7, 2, 630), Age(0, std::nullopt, 3000, 110, 259200),
                                  Age(1, std::nullopt, 4, 3, 259200)));
}

// A cell is past the window when its middle is: in minutes, at the border between minutes and
// hours, and in hours.
TEST_F(RollupStorePostgresTest, EndsTheWindowWhereTheMiddleOfACellReachesIt) {
  uint8_t number = 10;
  for (const absl::Duration start :
       {absl::Minutes(1), absl::Minutes(89), kMinutesKept - absl::Hours(1), kMinutesKept,
        kMinutesKept + absl::Hours(1), absl::Hours(50), absl::Hours(72)}) {
    const absl::Duration middle =
        kNow - kHour + start - (start > kMinutesKept ? absl::Minutes(30) : absl::Seconds(30));
    for (const absl::Duration window :
         {middle - absl::Seconds(1), middle, middle + absl::Seconds(1)}) {
      const ExperimentId id = SampleExperiment(++number);
      AddExperiment(id, absl::StrCat("e", number), window);
      AddMinute(start, 0, 1, 0, 0, id);
      const std::vector<ArmAge> ages = Ages({id});
      ASSERT_FALSE(ages.empty());
      EXPECT_EQ(ages[0].age_bucket.has_value(), middle < window)
          << "window " << window << ", start " << start;
    }
  }
}

TEST_F(RollupStorePostgresTest, AgesOldMinutesByTheirHourWhetherTheyAreFoldedOrNot) {
  // One hour of exposures, 50 to 49 hours ago: half of it folded.
  AddMinute(absl::Hours(50), 0, 100, 4);
  AddMinute(absl::Hours(50) - absl::Minutes(7), 0, 60, 1);
  AddMinute(absl::Hours(50) - absl::Minutes(59), 0, 0, 1);  // a late conversion's minute
  const double age = absl::ToDoubleSeconds(absl::Hours(50) - absl::Minutes(29));
  EXPECT_THAT(Ages(), ElementsAre(Age(0, 139, 160, 6, age), Age(0, std::nullopt, 0, 0, 259200)));
}

// The exposures of a minute that has begun just now are as old as the half of it, and not of no
// age: else they would count for nothing until it is half over.
TEST_F(RollupStorePostgresTest, AgesTheRunningMinuteByWhatHasRunOfIt) {
  AddMinute(absl::ZeroDuration(), 0, 5, 1);
  for (const auto& [seconds, age] : std::vector<std::pair<int, double>>{
           {0, 0}, {4, 2}, {30, 15}, {59, 29.5}, {60, 30}, {61, 31}}) {
    now_ = kHour + absl::Seconds(seconds);
    const std::vector<ArmAge> ages = Ages();
    ASSERT_EQ(ages.size(), 2u);
    EXPECT_EQ(ages[0].mean_age_seconds, age) << seconds;
    EXPECT_EQ(ages[0].exposures, 5u);
  }
}

TEST_F(RollupStorePostgresTest, TakesAnExposureFromTheFutureForANewOne) {
  AddMinute(-absl::Hours(1), 0, 5, 0);
  EXPECT_THAT(Ages(), ElementsAre(Age(0, 0, 5, 0, 0), Age(0, std::nullopt, 0, 0, 259200)));
}

TEST_F(RollupStorePostgresTest, KeepsTheAgesOfExperimentsApart) {
  AddExperiment(SampleExperiment(2), "two");
  AddMinute(absl::ZeroDuration(), 0, 5, 1);
  AddMinute(absl::ZeroDuration(), 0, 6, 2, 0, SampleExperiment(2));
  const std::vector<ArmAge> ages = Ages({SampleExperiment(2), SampleExperiment(1)});
  ASSERT_EQ(ages.size(), 4u);
  EXPECT_EQ(ages[0].experiment_id, SampleExperiment(1));
  EXPECT_EQ(ages[0].exposures, 5u);
  EXPECT_EQ(ages[2].experiment_id, SampleExperiment(2));
  EXPECT_EQ(ages[2].exposures, 6u);
}

TEST_F(RollupStorePostgresTest, ReadsDelaysOfTwoWindowsAndTwoDays) {
  AddDelay(absl::Hours(1), 0, 40, 3);
  AddDelay(absl::Hours(1), 1, 40, 4);
  AddDelay(absl::Hours(2), 1, 90, 1);
  AddDelay(2 * kWindow + absl::Hours(48), 0, 7, 9);
  AddDelay(2 * kWindow + absl::Hours(47), 0, 8, 9);
  const auto read = [&](DelayGrouping grouping) {
    std::vector<std::tuple<int64_t, size_t, int, uint64_t>> rows;
    for (const DelayCell& cell : Read<std::vector<DelayCell>>([&](PgConnection& db) {
           return RollupStore::DelayCells(db, {SampleExperiment(1)}, kNow, grouping);
         })) {
      EXPECT_EQ(cell.experiment_id, SampleExperiment(1));
      rows.emplace_back(absl::ToInt64Hours(kHour - cell.hour), cell.variant_index,
                        cell.delay_bucket, cell.conversions);
    }
    return rows;
  };
  using Row = std::tuple<int64_t, size_t, int, uint64_t>;
  EXPECT_THAT(read(DelayGrouping::kAllVariants),
              ElementsAre(Row{191, 0, 8, 9}, Row{2, 0, 90, 1}, Row{1, 0, 40, 7}));
  EXPECT_THAT(read(DelayGrouping::kByVariant),
              ElementsAre(Row{191, 0, 8, 9}, Row{2, 1, 90, 1}, Row{1, 0, 40, 3}, Row{1, 1, 40, 4}));
}

TEST_F(RollupStorePostgresTest, SumsMinutesByTheHour) {
  AddMinute(kMinutesKept + absl::Hours(1), 0, 10, 1, 8.5);
  AddMinute(kMinutesKept + absl::Hours(1) - absl::Minutes(1), 0, 20, 2, 16.5);
  AddMinute(kMinutesKept + absl::Hours(1) - absl::Minutes(59), 1, 0, 0, 0.25);
  AddMinute(kMinutesKept, 0, 30, 3, 32);
  AddMinute(kMinutesKept - absl::Minutes(1), 0, 40, 4, 36);
  EXPECT_THAT(Hours(), ElementsAre(Cell(kMinutesKept + absl::Hours(1), 0, 30, 25, 3),
                                   Cell(kMinutesKept + absl::Hours(1), 1, 0, 0.25, 0),
                                   Cell(kMinutesKept, 0, 70, 68, 7)));
}

TEST_F(RollupStorePostgresTest, CountsWhatIsSurelyMatured) {
  AddMinute(absl::Hours(60), 0, 10, 1);
  AddMinute(absl::Hours(60) - absl::Minutes(30), 0, 20, 2);
  AddMinute(absl::Minutes(20), 0, 30, 3);
  AddMinute(absl::Minutes(10), 1, 40, 4);
  const auto sums = [&](absl::Duration age) {
    std::map<size_t, std::pair<uint64_t, uint64_t>> by_variant;
    for (const MaturedTotals& total : Matured(age)) {
      by_variant[total.variant_index] = {total.exposures, total.conversions};
    }
    return by_variant;
  };
  using Sums = std::map<size_t, std::pair<uint64_t, uint64_t>>;
  EXPECT_EQ(sums(absl::Minutes(9)), (Sums{{0, {60, 6}}, {1, {40, 4}}}));
  EXPECT_EQ(sums(absl::Seconds(541)), (Sums{{0, {60, 6}}}));
  EXPECT_EQ(sums(absl::Minutes(19)), (Sums{{0, {60, 6}}}));
  EXPECT_EQ(sums(absl::Minutes(20)), (Sums{{0, {30, 3}}}));
  // An old hour counts when all of it is matured.
  EXPECT_EQ(sums(absl::Hours(59)), (Sums{{0, {30, 3}}}));
  EXPECT_EQ(sums(absl::Hours(59) + absl::Seconds(1)), Sums());
}

TEST_F(RollupStorePostgresTest, CountsEventsOfAllTimeAndSinceYesterday) {
  // kNow is of 2027-01-15.
  Run("INSERT INTO mab.event_counts (experiment_id, day, kind, count) VALUES"
      " ($1, '2027-01-15', 'LATE_CONVERSION', 1), ($1, '2027-01-14', 'LATE_CONVERSION', 2),"
      " ($1, '2027-01-13', 'LATE_CONVERSION', 4), ($1, '2027-01-08', 'CONFLICT', 8),"
      " ($1, '2027-01-15', 'DUPLICATE_CONVERSION', 16),"
      " ($1, '2027-01-15', 'UNCREDITED_CONVERSION', 32), ($1, '2027-01-15', 'BOT_USER_AGENT', 64),"
      " ($1, '2027-01-08', 'BOT_USER_AGENT', 128), ($1, '2027-01-15', 'BOT_PREFETCH', 256),"
      " ($1, '2027-01-15', 'BOT_RATE', 512)",
      {SampleExperiment(1)});
  const auto counts = Read<ExperimentEventCounts>(
      [](PgConnection& db) { return RollupStore::EventCounts(db, SampleExperiment(1), kNow); });
  EXPECT_EQ(counts.late_conversions.all, 7u);
  EXPECT_EQ(counts.late_conversions.recent, 3u);
  EXPECT_EQ(counts.conflicts.all, 8u);
  EXPECT_EQ(counts.conflicts.recent, 0u);
  EXPECT_EQ(counts.duplicate_conversions.recent, 16u);
  EXPECT_EQ(counts.uncredited_conversions.all, 32u);
  EXPECT_EQ(counts.bots_by_user_agent.all, 192u);
  EXPECT_EQ(counts.bots_by_user_agent.recent, 64u);
  EXPECT_EQ(counts.bots_by_prefetch.all, 256u);
  EXPECT_EQ(counts.bots_by_rate.all, 512u);
}

}  // namespace
}  // namespace mab::storage
