#include "storage/report_state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/experiment_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class ReportStateStorePostgresTest : public ::testing::Test {
 protected:
  ReportStateStorePostgresTest() {
    experiment_.id = ExperimentId{Uuid::NewV7(kNow)};
    experiment_.key = "hero";
    experiment_.name = "Hero";
    experiment_.revision = 7;
    experiment_.create_time = experiment_.update_time = kNow;
    experiment_.variants.resize(2);
    for (size_t i = 0; i < 2; ++i) {
      experiment_.variants[i].id = VariantId{Uuid::NewV7(kNow)};
      experiment_.variants[i].key = i == 0 ? "a" : "b";
    }
    const absl::Status inserted = pool_.Transaction(
        [&](PgConnection& db) { return ExperimentStore::Insert(db, experiment_); });
    EXPECT_TRUE(inserted.ok()) << inserted;
  }

  std::vector<ReportState> List(const std::vector<std::string>& ids_or_keys) {
    std::vector<ReportState> states;
    const absl::Status status = pool_.Transaction([&](PgConnection& db) -> absl::Status {
      auto read = ReportStateStore::List(db, ids_or_keys);
      if (read.ok()) states = *std::move(read);
      return read.status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return states;
  }
  std::string Fingerprint() { return List({"hero"}).at(0).fingerprint; }
  void Run(const std::string& sql) {
    const auto result = pool_.Execute(sql, {experiment_.id});
    ASSERT_TRUE(result.ok()) << result.status();
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  Experiment experiment_;
};

TEST_F(ReportStateStorePostgresTest, FindsByIdAndKeyWhatIsThereAndTakesAnyText) {
  const std::vector<ReportState> states =
      List({"hero", experiment_.id.ToString(), "nowhere", "", "Not a key", "a'b\\\"{}", "NULL"});
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_EQ(states[0].id, experiment_.id);
  EXPECT_EQ(states[0].key, "hero");
  EXPECT_EQ(states[0].revision, 7u);
  EXPECT_THAT(List({}), IsEmpty());
}

TEST_F(ReportStateStorePostgresTest, TheFingerprintFollowsEverythingThatAReportIsMadeOf) {
  std::string before = Fingerprint();
  EXPECT_EQ(Fingerprint(), before);
  for (const std::string change : {
           "UPDATE mab.experiments SET revision = revision + 1 WHERE id = $1",
           "INSERT INTO mab.variant_totals (experiment_id, variant_index, exposures, conversions)"
           " VALUES ($1, 1, 5, 0)",
           "UPDATE mab.variant_totals SET conversions = 1 WHERE experiment_id = $1",
           "INSERT INTO mab.event_counts (experiment_id, day, kind, count)"
           " VALUES ($1, '2027-01-01', 'CONFLICT', 1)",
           "UPDATE mab.event_counts SET count = count + 1 WHERE experiment_id = $1",
       }) {
    Run(change);
    const std::string after = Fingerprint();
    EXPECT_NE(after, before) << change;
    before = after;
  }
}

}  // namespace
}  // namespace mab::storage
