#include "admin/minute_folder.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/testing/postgres_fixture.h"
#include "storage/rollup_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kHour = absl::FromUnixSeconds(1'800'000'000);

class MinuteFolderPostgresTest : public ::testing::Test {
 protected:
  // One row for each minute of so many hours, all of one variant, the last of them before kHour.
  void AddMinutes(int hours) {
    const auto result = pool_.Execute(
        "INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions)"
        " SELECT $1, 0, $2::timestamptz - i * interval '1 minute', 1, 1, 0"
        " FROM generate_series(1, $3::int * 60) AS i",
        {Uuid{}, kHour, hours});
    ASSERT_TRUE(result.ok()) << result.status();
  }
  int64_t RowsOfMinutes() {
    return pool_
        .Execute(
            "SELECT count(*) AS n FROM mab.arm_totals"
            " WHERE minute <> date_bin('1 hour', minute, 'epoch')")
        ->Int(0, "n");
  }
  int64_t Exposures() {
    return pool_.Execute("SELECT sum(exposures) AS n FROM mab.arm_totals")->Int(0, "n");
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kHour};
  Metrics metrics_;
};

TEST_F(MinuteFolderPostgresTest, FoldsAllThatIsOldInBatches) {
  AddMinutes(100);
  MinuteFolder folder({.pause = absl::ZeroDuration(), .batch = {.rows_max = 1000}}, &pool_, &clock_,
                      metrics_);
  const auto folded = folder.RunOnce();
  ASSERT_TRUE(folded.ok()) << folded.status();
  // Six hours are kept, and one more for the clocks' sake.
  EXPECT_EQ(*folded, 93u * 59);
  EXPECT_EQ(RowsOfMinutes(), 7 * 59);
  EXPECT_EQ(Exposures(), 6000);
  EXPECT_EQ(metrics_.Counter("mab_rollup_rows_folded_total", "").Value(), 93 * 59);
  EXPECT_EQ(metrics_.Gauge("mab_rollup_fold_last_run_timestamp_seconds", "").Value(), 1.8e9);

  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(*folder.RunOnce(), 0u);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(*folder.RunOnce(), 59u);
}

TEST_F(MinuteFolderPostgresTest, NeverFoldsWhatAReaderTakesByMinutes) {
  AddMinutes(60);
  MinuteFolder folder({}, &pool_, &clock_, metrics_);
  ASSERT_TRUE(folder.RunOnce().ok());
  const auto oldest = pool_.Execute(
      "SELECT min(minute) AS minute FROM mab.arm_totals"
      " WHERE minute <> date_bin('1 hour', minute, 'epoch')");
  EXPECT_LT(oldest->Time(0, "minute"), storage::HoursBefore(kHour));
}

TEST_F(MinuteFolderPostgresTest, CountsARunThatFailsAndFoldsAtTheNext) {
  AddMinutes(100);
  MinuteFolder folder({.pause = absl::ZeroDuration()}, &pool_, &clock_, metrics_);
  PostgresFixture::Get().Stop();
  EXPECT_TRUE(absl::IsUnavailable(folder.RunOnce().status()));
  EXPECT_EQ(metrics_.Counter("mab_rollup_fold_failures_total", "").Value(), 1);
  EXPECT_EQ(metrics_.Gauge("mab_rollup_fold_last_run_timestamp_seconds", "").Value(), 0);
  PostgresFixture::Get().Start();
  EXPECT_EQ(*folder.RunOnce(), 93u * 59);
}

TEST_F(MinuteFolderPostgresTest, StopsWhileItWaits) {
  MinuteFolder folder({}, &pool_, &clock_, metrics_);
  folder.Start();
  folder.Stop();
}

}  // namespace
}  // namespace mab::admin
