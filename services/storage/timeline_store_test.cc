#include "storage/timeline_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A Monday's midnight.
const absl::Time kMonday = absl::FromUnixSeconds(1'799'625'600);
// Sunday before it, and Wednesday after it.
const absl::Time kFrom = kMonday - absl::Hours(24);
const TimelineGrid kGrid{.step = absl::Hours(12),
                         .from = kFrom,
                         .pending_from = kMonday,
                         .minutes_from = kMonday + absl::Hours(24),
                         .fine_from = kMonday + absl::Hours(34)};

class TimelineStorePostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << result.status();
  }
  // `after` kMonday.
  void Add(absl::Duration after, int variant, int exposures, int conversions) {
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions) VALUES ($1, $2, $3, $4, 0, $5)",
        {SampleExperiment(), variant, kMonday + after, exposures, conversions});
  }
  void AddVersion(absl::Duration after, const std::string& shares) {
    Run("INSERT INTO mab.versions (experiment_id, version, policy, floor, salt, sampler_id,"
        " variant_ids, eligible, alphas, betas, weights, probabilities_best, allocations)"
        " VALUES ($1, $2, 'THOMPSON', 0, '', 1, '{}', '{}', '{}', '{}', '{}', $3::float8[],"
        " $3::float8[])",
        {SampleExperiment(), absl::ToUnixMillis(kMonday + after), shares});
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
  // "+26h 1: 30 2", the start after kMonday, the variant, exposures and conversions.
  std::vector<std::string> Cells(const TimelineGrid& grid, absl::Time to) {
    std::vector<std::string> lines;
    for (const TimelineCell& cell : Read<std::vector<TimelineCell>>([&](PgConnection& db) {
           return TimelineStore::Cells(db, SampleExperiment(), grid, to);
         })) {
      const std::string start =
          cell.start.has_value() ? absl::FormatDuration(*cell.start - kMonday) : "before";
      lines.push_back(absl::StrCat(start, " ", cell.variant_index, ": ", cell.exposures, " ",
                                   cell.conversions));
    }
    return lines;
  }
  std::vector<VersionShares> Versions(const std::vector<absl::Duration>& after) {
    std::vector<absl::Time> times;
    for (const absl::Duration duration : after) times.push_back(kMonday + duration);
    return Read<std::vector<VersionShares>>([&](PgConnection& db) {
      return TimelineStore::LastVersions(db, SampleExperiment(), times);
    });
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
};

TEST_F(TimelineStorePostgresTest, FindsNothingOfAnExperimentThatNobodySaw) {
  EXPECT_FALSE(Read<std::optional<TimelineExtent>>([](PgConnection& db) {
                 return TimelineStore::Extent(db, SampleExperiment());
               }).has_value());
  EXPECT_THAT(Cells(kGrid, absl::InfiniteFuture()), IsEmpty());
  EXPECT_THAT(Versions({absl::Hours(1)}), IsEmpty());
  EXPECT_THAT(Versions({}), IsEmpty());
}

TEST_F(TimelineStorePostgresTest, KnowsTheFirstMinuteAndTheLast) {
  Add(absl::Hours(3), 0, 1, 0);
  Add(-absl::Hours(30), 1, 1, 0);
  Add(absl::Hours(5), 1, 1, 0);
  const auto extent = Read<std::optional<TimelineExtent>>(
      [](PgConnection& db) { return TimelineStore::Extent(db, SampleExperiment()); });
  ASSERT_TRUE(extent.has_value());
  EXPECT_EQ(extent->first, kMonday - absl::Hours(30));
  EXPECT_EQ(extent->last, kMonday + absl::Hours(5));
}

TEST_F(TimelineStorePostgresTest, CutsShorterCellsTheYoungerTheyAre) {
  const absl::Duration minute = absl::Minutes(1), hour = absl::Hours(1);
  Add(-30 * hour, 0, 1, 1);  // before all rows
  Add(-25 * hour, 0, 1, 0);
  Add(-24 * hour, 0, 1, 0);  // a cell of a step
  Add(-12 * hour - minute, 0, 1, 0);
  Add(-12 * hour, 0, 1, 0);  // the next one
  Add(0 * hour, 0, 1, 0);    // pending: of six hours
  Add(6 * hour - minute, 0, 1, 0);
  Add(6 * hour, 1, 1, 0);
  Add(24 * hour, 0, 1, 0);  // by minutes: of an hour
  Add(25 * hour - minute, 0, 1, 1);
  Add(25 * hour, 0, 1, 0);
  Add(34 * hour, 0, 1, 0);  // of a minute
  Add(34 * hour + minute, 0, 1, 0);
  Add(36 * hour, 0, 1, 0);  // not asked for
  EXPECT_THAT(Cells(kGrid, kMonday + 36 * hour),
              ElementsAre("before 0: 2 1", "-24h 0: 2 0", "-12h 0: 1 0", "0 0: 2 0", "6h 1: 1 0",
                          "24h 0: 2 1", "25h 0: 1 0", "34h 0: 1 0", "34h1m 0: 1 0"));
}

TEST_F(TimelineStorePostgresTest, CutsShortStepsAsShortAsTheyAreKept) {
  TimelineGrid grid = kGrid;
  grid.step = absl::Minutes(15);
  const absl::Duration minute = absl::Minutes(1), hour = absl::Hours(1);
  Add(-24 * hour + 20 * minute, 0, 1, 0);  // of an hour
  Add(-23 * hour - minute, 0, 1, 0);
  Add(2 * hour + 20 * minute, 0, 1, 0);
  Add(3 * hour - minute, 0, 1, 0);
  Add(24 * hour + 20 * minute, 0, 1, 0);  // of a quarter
  Add(24 * hour + 29 * minute, 0, 1, 0);
  Add(24 * hour + 30 * minute, 0, 1, 0);
  EXPECT_THAT(Cells(grid, absl::InfiniteFuture()),
              ElementsAre("-24h 0: 2 0", "2h 0: 2 0", "24h15m 0: 2 0", "24h30m 0: 1 0"));
}

TEST_F(TimelineStorePostgresTest, KeepsPendingExposuresApartAlsoBeforeTheFirstRow) {
  TimelineGrid grid = kGrid;
  grid.from = kMonday + absl::Hours(30);
  Add(-absl::Hours(3), 0, 1, 0);
  Add(absl::Hours(7), 0, 1, 0);
  EXPECT_THAT(Cells(grid, absl::InfiniteFuture()), ElementsAre("before 0: 1 0", "6h 0: 1 0"));
}

TEST_F(TimelineStorePostgresTest, WeeksBeginOnMondays) {
  TimelineGrid grid = kGrid;
  grid.step = absl::Hours(168);
  grid.from = kMonday - absl::Hours(168);
  Add(-absl::Minutes(1), 0, 1, 0);
  Add(-absl::Hours(168), 0, 1, 0);
  EXPECT_THAT(Cells(grid, absl::InfiniteFuture()), ElementsAre("-168h 0: 2 0"));
}

TEST_F(TimelineStorePostgresTest, SaysHowLongItsCellsAre) {
  EXPECT_EQ(kGrid.LengthOf(kFrom), absl::Hours(12));
  EXPECT_EQ(kGrid.LengthOf(kMonday), absl::Hours(6));
  EXPECT_EQ(kGrid.LengthOf(kMonday + absl::Hours(24)), absl::Hours(1));
  EXPECT_EQ(kGrid.LengthOf(kMonday + absl::Hours(34)), absl::Minutes(1));
}

TEST_F(TimelineStorePostgresTest, FindsTheLastVersionBeforeEachTime) {
  AddVersion(absl::Hours(1), "{0.5,0.5}");
  AddVersion(absl::Hours(2), "{0.25,0.75}");
  AddVersion(absl::Hours(3), "{0.125,0.875}");
  EXPECT_THAT(Versions({absl::Hours(1)}), IsEmpty());
  const auto number = [](absl::Duration after) {
    return static_cast<uint64_t>(absl::ToUnixMillis(kMonday + after));
  };
  const auto versions = Versions(
      {absl::Hours(1), absl::Hours(2), absl::Minutes(90), absl::Hours(100), absl::Hours(101)});
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].number, number(absl::Hours(1)));
  EXPECT_EQ(versions[1].number, number(absl::Hours(3)));
  EXPECT_THAT(versions[1].allocations, ElementsAre(DoubleEq(0.125), DoubleEq(0.875)));
  EXPECT_THAT(versions[1].probabilities_best, ElementsAre(DoubleEq(0.125), DoubleEq(0.875)));
}

TEST_F(TimelineStorePostgresTest, LooksForVersionsBeforeThereWereAny) {
  AddVersion(absl::Hours(1), "{0.5,0.5}");
  EXPECT_THAT(Versions({absl::UnixEpoch() - kMonday - absl::Hours(9)}), IsEmpty());
}

}  // namespace
}  // namespace mab::storage
