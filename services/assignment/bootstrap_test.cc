#include "assignment/bootstrap.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"
#include "storage/testing/migrated_database.h"

namespace mab::assignment {
namespace {

class BootstrapPostgresTest : public testing::Test {
 protected:
  BootstrapPostgresTest() {
    Execute(
        "INSERT INTO mab.experiments (id, key, name, description, state, policy, floor, "
        "  burn_in_exposures, traffic_share, prior_alpha, prior_beta, conversion_window_seconds, "
        "  threshold_of_caring, salt, revision, create_time, update_time) "
        "VALUES ($1, 'hero', 'name', '', 'RUNNING', 'THOMPSON', 0.01, 0, 1, 1, 1, 3600, 0.001, "
        "  decode(repeat('ab', 16), 'hex'), 1, now(), now())",
        {SampleExperimentId(1)});
    Execute(
        "INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, "
        "  propensity, assigned_at) "
        "SELECT $1::uuid, decode(lpad(to_hex(n), 32, '0'), 'hex'), n % 3, 1000, 0.25, now() "
        "FROM generate_series(1, 2500) AS n",
        {SampleExperimentId(1)});
  }

  void Execute(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << result.status();
  }
  Bootstrap::Options OptionsOver(PgPool& pool, StickyMap& map) {
    settings_ = std::make_unique<storage::SettingsStore>(&pool);
    assignments_ = std::make_unique<storage::AssignmentStore>(&pool, 1000);
    Bootstrap::Options options;
    options.settings = settings_.get();
    options.assignments = assignments_.get();
    options.sticky_map = &map;
    options.key_fingerprint = "fingerprint";
    options.identity_path = directory_.path() + "/identity";
    options.on_database = [this](const Uuid& id) {
      database_id_ = id;
      return absl::OkStatus();
    };
    options.on_checked = [this] { ++checked_; };
    options.journal_is_drained = [this] { return drained_.load(); };
    options.on_refused = [](const absl::Status& status) { ADD_FAILURE() << status; };
    options.retry_interval = absl::Milliseconds(1);
    return options;
  }

  TempDirectory directory_;
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  std::unique_ptr<storage::SettingsStore> settings_;
  std::unique_ptr<storage::AssignmentStore> assignments_;
  std::optional<Uuid> database_id_;
  std::atomic<int> checked_ = 0;
  std::atomic<bool> drained_ = true;
};

TEST_F(BootstrapPostgresTest, FillsTheMap) {
  StickyMap map;
  ASSERT_TRUE(Bootstrap(OptionsOver(pool_, map)).RunOnce().ok());
  EXPECT_EQ(map.size(), 2500u);
  EXPECT_TRUE(map.complete());
  EXPECT_EQ(checked_, 1);
  EXPECT_EQ(database_id_->ToString(), *settings_->DatabaseId());
}

TEST_F(BootstrapPostgresTest, ReadsNothingWhereTheMapIsComplete) {
  StickyMap map;
  map.MarkComplete();
  ASSERT_TRUE(Bootstrap(OptionsOver(pool_, map)).RunOnce().ok());
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(checked_, 1);
}

TEST_F(BootstrapPostgresTest, FillsTheMapWhenTheTablesHaveTheJournal) {
  StickyMap map;
  drained_ = false;
  Bootstrap bootstrap(OptionsOver(pool_, map));
  EXPECT_TRUE(absl::IsUnavailable(bootstrap.RunOnce()));
  EXPECT_FALSE(map.complete());
  EXPECT_EQ(map.size(), 0u);
  drained_ = true;
  EXPECT_TRUE(bootstrap.RunOnce().ok());
  EXPECT_TRUE(map.complete());
  EXPECT_EQ(checked_, 1);
}

TEST_F(BootstrapPostgresTest, RefusesTablesThatWereSetBackWhileTheyWereRead) {
  StickyMap map;
  Bootstrap::Options options = OptionsOver(pool_, map);
  int asked = 0;
  options.journal_is_drained = [&] { return ++asked == 1; };
  const absl::Status refused = Bootstrap(std::move(options)).RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_FALSE(map.complete());
}

TEST_F(BootstrapPostgresTest, StopsWhileItWaitsForTheJournal) {
  StickyMap map;
  drained_ = false;
  Bootstrap::Options options = OptionsOver(pool_, map);
  options.retry_interval = absl::Hours(1);
  Bootstrap bootstrap(std::move(options));
  bootstrap.Start();
  bootstrap.Stop();
  EXPECT_FALSE(map.complete());
}

TEST_F(BootstrapPostgresTest, ErasedVisitorsAreStrangers) {
  Execute("UPDATE mab.assignments SET erased = true WHERE variant_index = 1");
  StickyMap map;
  ASSERT_TRUE(Bootstrap(OptionsOver(pool_, map)).RunOnce().ok());
  EXPECT_EQ(map.size(), 1666u);
}

TEST_F(BootstrapPostgresTest, AnotherKeyIsRefused) {
  StickyMap map;
  ASSERT_TRUE(Bootstrap(OptionsOver(pool_, map)).RunOnce().ok());
  std::filesystem::remove(directory_.path() + "/identity");
  Bootstrap::Options options = OptionsOver(pool_, map);
  options.key_fingerprint = "another";
  const absl::Status refused = Bootstrap(options).RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find("MAB_USER_HASH_KEY"), absl::string_view::npos);
}

TEST_F(BootstrapPostgresTest, AnotherDatabaseIsRefused) {
  StickyMap map;
  ASSERT_TRUE(Bootstrap(OptionsOver(pool_, map)).RunOnce().ok());
  storage::MigratedDatabase other;
  PgPool other_pool({.url = other.url()});
  // Two databases of one template share its id; a real second one has its own.
  ASSERT_TRUE(other_pool
                  .Execute("UPDATE mab.settings SET value = '0198f3c4-0000-7000-8000-00000000ffff' "
                           "WHERE key = 'database_id'")
                  .ok());
  const absl::Status refused = Bootstrap(OptionsOver(other_pool, map)).RunOnce();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find("DATABASE_URL"), absl::string_view::npos);
}

TEST_F(BootstrapPostgresTest, AJournalOfAnotherDatabaseEndsIt) {
  StickyMap map;
  Bootstrap::Options options = OptionsOver(pool_, map);
  options.on_database = [](const Uuid&) { return absl::FailedPreconditionError("another's"); };
  absl::Notification refused;
  options.on_refused = [&](const absl::Status&) { refused.Notify(); };
  Bootstrap bootstrap(options);
  bootstrap.Start();
  refused.WaitForNotification();
  bootstrap.Stop();
  EXPECT_FALSE(map.complete());
}

TEST_F(BootstrapPostgresTest, TriesUntilTheDatabaseIsThere) {
  StickyMap map;
  PgPool away({.url = "host=" + directory_.path() + " dbname=nobody"});
  Bootstrap bootstrap(OptionsOver(away, map));
  EXPECT_TRUE(absl::IsUnavailable(bootstrap.RunOnce()));
  bootstrap.Start();
  bootstrap.Stop();
  EXPECT_FALSE(map.complete());
}

}  // namespace
}  // namespace mab::assignment
