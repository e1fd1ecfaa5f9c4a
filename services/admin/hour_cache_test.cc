#include "admin/hour_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "admin/testing/test_experiment.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'799'625'600) + absl::Minutes(13);
constexpr size_t kCellMin = 100;

class HourCachePostgresTest : public ::testing::Test {
 protected:
  void Run(const std::string& sql, const std::vector<PgParam>& params) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }
  // Twenty days of hours and three variants, of which the last was never shown.
  storage::Experiment Insert(const std::string& key) {
    storage::Experiment experiment = MakeTestExperiment(key, 3, kNow - absl::Hours(480));
    EXPECT_TRUE(InsertExperiment(pool_, experiment).ok());
    Run("INSERT INTO mab.arm_totals (experiment_id, variant_index, minute, exposures,"
        " expected_exposures, conversions)"
        " SELECT $1, variant, date_trunc('hour', $2::timestamptz) + i * interval '1 hour',"
        "        CASE variant WHEN 2 THEN 0 ELSE 10 + i % 7 END, 0.1 * i, i % 3 * (variant % 2)"
        " FROM generate_series(0, 480) AS i, generate_series(0, 2) AS variant",
        {experiment.id, *experiment.start_time});
    CountTotals(experiment.id);
    return experiment;
  }
  void CountTotals(ExperimentId id) {
    Run("INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
        " SELECT experiment_id, variant_index, sum(exposures), sum(conversions)"
        " FROM mab.arm_totals WHERE experiment_id = $1 GROUP BY experiment_id, variant_index"
        " HAVING sum(exposures) > 0 ON CONFLICT (experiment_id, variant_index) DO UPDATE"
        " SET exposures = excluded.exposures, conversions = excluded.conversions",
        {id});
  }
  // One exposure more, so long ago.
  void Add(const storage::Experiment& experiment, absl::Duration ago) {
    Run("UPDATE mab.arm_totals SET exposures = exposures + 1, expected_exposures = 7"
        " WHERE experiment_id = $1 AND variant_index = 1"
        " AND minute = date_trunc('hour', $2::timestamptz)",
        {experiment.id, now_ - ago});
    CountTotals(experiment.id);
  }

  // What the cache says; it must be what the tables say.
  std::vector<storage::TotalsCell> Read(const storage::Experiment& experiment) {
    std::vector<storage::TotalsCell> hours, want;
    const absl::Status status = pool_.ReadTransaction([&](PgConnection& db) -> absl::Status {
      const auto ages = storage::RollupStore::ArmAges(db, {experiment.id}, now_);
      if (!ages.ok()) return ages.status();
      auto read = cache_.Read(db, experiment, *ages, now_);
      if (read.ok()) hours = *std::move(read);
      auto all = storage::RollupStore::Hours(db, experiment.id);
      if (all.ok()) want = *std::move(all);
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(hours.size(), want.size());
    for (size_t i = 0; i < std::min(hours.size(), want.size()); ++i) {
      EXPECT_EQ(hours[i].start, want[i].start) << i;
      EXPECT_EQ(hours[i].variant_index, want[i].variant_index) << i;
      EXPECT_EQ(hours[i].exposures, want[i].exposures) << i;
      EXPECT_EQ(hours[i].expected_exposures, want[i].expected_exposures) << i;
      EXPECT_EQ(hours[i].conversions, want[i].conversions) << i;
    }
    return hours;
  }

  // A change of the tables that no count tells.
  void Falsify(const storage::Experiment& experiment) {
    Run("UPDATE mab.arm_totals SET expected_exposures = -1 WHERE experiment_id = $1"
        " AND variant_index = 0 AND minute = date_trunc('hour', $2::timestamptz)",
        {experiment.id, *experiment.start_time});
  }
  bool IsKept(const storage::Experiment& experiment) {
    Falsify(experiment);
    bool kept = false;
    const absl::Status status = pool_.ReadTransaction([&](PgConnection& db) -> absl::Status {
      const auto ages = storage::RollupStore::ArmAges(db, {experiment.id}, now_);
      const auto read = cache_.Read(db, experiment, *ages, now_);
      kept = read.ok() && read->front().expected_exposures != -1;
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return kept;
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  absl::Time now_ = kNow;
  // The old hours of one experiment, and not those of two.
  HourCache cache_{{.cells_max = 1500, .cells_min = kCellMin}};
};

TEST_F(HourCachePostgresTest, SaysWhatTheTablesSayWhateverChanges) {
  const storage::Experiment experiment = Insert("hero");
  Read(experiment);
  EXPECT_GT(cache_.cells(), 900u);
  Add(experiment, absl::Minutes(5));
  Read(experiment);
  Add(experiment, absl::Hours(24 * 3));
  Read(experiment);
  // Older than the window: a record that came late.
  Add(experiment, absl::Hours(24 * 15));
  Read(experiment);
  now_ += absl::Hours(5);
  Add(experiment, absl::Hours(24 * 8));
  Read(experiment);
  now_ -= absl::Hours(9);
  Read(experiment);
}

TEST_F(HourCachePostgresTest, ReadsTheOldHoursOnceAnHour) {
  const storage::Experiment experiment = Insert("hero");
  Read(experiment);
  Add(experiment, absl::Minutes(5));
  now_ += absl::Minutes(59);
  EXPECT_TRUE(IsKept(experiment));
  now_ += absl::Minutes(1);
  EXPECT_FALSE(IsKept(experiment));
}

TEST_F(HourCachePostgresTest, KeepsNoMoreThanItsCells) {
  const storage::Experiment a = Insert("a");
  const storage::Experiment b = Insert("b");
  Read(a);
  const size_t of_one = cache_.cells();
  Read(b);
  EXPECT_EQ(cache_.cells(), of_one);
  EXPECT_TRUE(IsKept(b));
  EXPECT_FALSE(IsKept(a));
}

TEST_F(HourCachePostgresTest, KeepsNothingOfWhatIsReadAsFast) {
  storage::Experiment experiment = Insert("hero");
  experiment.conversion_window_seconds = 460 * 3600;  // twenty hours and three variants are older
  ASSERT_TRUE(UpdateExperiment(pool_, experiment).ok());
  Read(experiment);
  EXPECT_EQ(cache_.cells(), 0u);
}

}  // namespace
}  // namespace mab::admin
