#include "storage/assignment_store.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "storage/settings_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

constexpr char kRunning[] = "0198f3c4-0000-7000-8000-0000000000e1";
constexpr char kCompleted[] = "0198f3c4-0000-7000-8000-0000000000e2";
constexpr char kArchived[] = "0198f3c4-0000-7000-8000-0000000000e3";

class AssignmentStorePostgresTest : public testing::Test {
 protected:
  AssignmentStorePostgresTest() {
    AddExperiment(kRunning, "RUNNING");
    AddExperiment(kCompleted, "COMPLETED");
    AddExperiment(kArchived, "ARCHIVED");
  }

  void Execute(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << result.status();
  }
  void AddExperiment(const std::string& id, const std::string& state) {
    Execute(
        "INSERT INTO mab.experiments (id, key, name, description, state, policy, floor, "
        "  burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds, "
        "  threshold_of_caring, salt, revision, create_time, update_time) "
        "VALUES ($1, $2, 'name', '', $3, 'THOMPSON', 0.01, 0, 1, 1, 1, 3600, 0.001, "
        "  decode(repeat('ab', 16), 'hex'), 1, now(), now())",
        {id, "key-" + id, state});
  }
  // `count` assignments whose hashes are their numbers, big-endian.
  void AddAssignments(const std::string& experiment, int count) {
    Execute(
        "INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, "
        "propensity, "
        "  assigned_at) "
        "SELECT $1::uuid, decode(lpad(to_hex(n), 32, '0'), 'hex'), n % 3, 1000 + n, 0.25, "
        "  '2026-11-22T10:00:00.123456Z'::timestamptz + n * interval '1 second' "
        "FROM generate_series(1, $2::int) AS n",
        {experiment, count});
  }
  std::vector<StoredAssignment> ReadAll(int page_rows) {
    std::vector<StoredAssignment> all;
    AssignmentStore store(&pool_, page_rows);
    const absl::Status status = store.ForEach([&](const StoredAssignment& one) {
      all.push_back(one);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
};

TEST_F(AssignmentStorePostgresTest, ReadsAssignmentsWithWhatFollowed) {
  AddAssignments(kRunning, 3);
  Execute(
      "INSERT INTO mab.exposures (experiment_id, user_hash, variant_index, version, exposed_at) "
      "SELECT experiment_id, user_hash, variant_index, version, assigned_at + interval '1 minute' "
      "FROM mab.assignments WHERE version > 1001");
  Execute(
      "INSERT INTO mab.conversions (experiment_id, user_hash, variant_index, version, "
      "  converted_at, exposed_at, credited) "
      "SELECT experiment_id, user_hash, variant_index, version, assigned_at + interval '1 hour', "
      "  assigned_at, true "
      "FROM mab.assignments WHERE version = 1003");
  const std::vector<StoredAssignment> all = ReadAll(100);
  ASSERT_EQ(all.size(), 3u);
  const absl::Time base = absl::FromUnixMicros(1795341600123456);
  for (int n = 1; n <= 3; ++n) {
    const StoredAssignment& one = all[n - 1];
    EXPECT_EQ(one.experiment_id.ToString(), kRunning);
    EXPECT_EQ(one.user.bytes[15], n);
    EXPECT_EQ(one.variant_index, n % 3);
    EXPECT_EQ(one.version, 1000u + n);
    EXPECT_EQ(one.propensity, 0.25);
    EXPECT_EQ(one.assigned_at, base + absl::Seconds(n));
  }
  EXPECT_EQ(all[0].exposed_at, std::nullopt);
  EXPECT_EQ(all[1].exposed_at, base + absl::Seconds(62));
  EXPECT_EQ(all[1].converted_at, std::nullopt);
  EXPECT_FALSE(all[1].credited);
  EXPECT_EQ(all[2].converted_at, base + absl::Seconds(3603));
  EXPECT_TRUE(all[2].credited);
}

TEST_F(AssignmentStorePostgresTest, ReadsEveryPageAndEveryExperimentThatIsNotArchived) {
  AddAssignments(kRunning, 1000);
  AddAssignments(kCompleted, 7);
  AddAssignments(kArchived, 50);
  for (const int page_rows : {1, 7, 1000, 5000}) {
    std::map<std::string, std::set<std::string>> seen;
    for (const StoredAssignment& one : ReadAll(page_rows)) {
      EXPECT_TRUE(
          seen[one.experiment_id.ToString()].insert(std::string(one.user.AsBytes())).second);
    }
    EXPECT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[kRunning].size(), 1000u);
    EXPECT_EQ(seen[kCompleted].size(), 7u);
  }
}

TEST_F(AssignmentStorePostgresTest, StopsWhenTheCallerHasEnough) {
  AddAssignments(kRunning, 100);
  AssignmentStore store(&pool_, 10);
  int seen = 0;
  const absl::Status status = store.ForEach([&](const StoredAssignment&) { return ++seen < 25; });
  EXPECT_TRUE(absl::IsCancelled(status));
  EXPECT_EQ(seen, 25);
}

TEST_F(AssignmentStorePostgresTest, APageIsReadByItsIndex) {
  AddAssignments(kRunning, 20000);
  Execute("ANALYZE mab.assignments");
  const auto plan = pool_.Execute(
      "EXPLAIN (FORMAT JSON) SELECT user_hash FROM mab.assignments "
      "WHERE experiment_id = $1 AND user_hash > $2 ORDER BY user_hash LIMIT $3",
      {kRunning, PgParam::Bytes(std::string(16, '\x01')), 100});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::string text(plan->Text(0, "QUERY PLAN"));
  EXPECT_NE(text.find("assignments_pkey"), std::string::npos) << text;
  EXPECT_EQ(text.find("Seq Scan"), std::string::npos) << text;
}

TEST_F(AssignmentStorePostgresTest, SettingsKeepTheFirstKeyFingerprint) {
  SettingsStore settings(&pool_);
  const auto id = settings.DatabaseId();
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_TRUE(Uuid::Parse(*id).ok());
  EXPECT_EQ(*settings.DatabaseId(), *id);
  EXPECT_EQ(*settings.ClaimUserHashKeyFingerprint("first"), "first");
  EXPECT_EQ(*settings.ClaimUserHashKeyFingerprint("second"), "first");
  EXPECT_TRUE(settings.CheckUserHashKey("first").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(settings.CheckUserHashKey("second")));
}

}  // namespace
}  // namespace mab::storage
