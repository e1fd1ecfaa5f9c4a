#include "admin/retention_job.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "admin/testing/test_experiment.h"
#include "common/testing/postgres_fixture.h"
#include "storage/account_link_store.h"
#include "storage/account_store.h"
#include "storage/refresh_token_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class RetentionJobPostgresTest : public ::testing::Test {
 protected:
  // Archived for so many days, with so many visitors.
  ExperimentId AddArchived(const std::string& key, int days, int visitors) {
    const storage::Experiment experiment = MakeTestExperiment(key, 2, kNow);
    EXPECT_TRUE(InsertExperiment(pool_, experiment).ok());
    Run("UPDATE mab.experiments SET state = 'ARCHIVED', update_time = $2 WHERE id = $1",
        {experiment.id, kNow - days * absl::Hours(24) - absl::Seconds(1)});
    Run("INSERT INTO mab.assignments (experiment_id, user_hash, variant_index, version, propensity,"
        " assigned_at) SELECT $1, decode(lpad(to_hex(i), 32, '0'), 'hex'), 0, 1, 1, now()"
        " FROM generate_series(1, $2::int) AS i",
        {experiment.id, visitors});
    return experiment.id;
  }
  void Run(const std::string& sql, const std::vector<PgParam>& params = {}) {
    const auto result = pool_.Execute(sql, params);
    ASSERT_TRUE(result.ok()) << sql << ": " << result.status();
  }
  int64_t Count(const std::string& from) {
    return pool_.Execute(absl::StrCat("SELECT count(*) AS n FROM mab.", from))->Int(0, "n");
  }
  double Counted(const char* name) { return metrics_.Counter(name, "").Value(); }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  Metrics metrics_;
};

TEST_F(RetentionJobPostgresTest, DeletesTheRowsOfAllThatWereArchivedForLongEnough) {
  AddArchived("a", 400, 250);
  AddArchived("b", 30, 100);
  AddArchived("c", 29, 10);
  RetentionJob job({.retention_days = 30, .pause = absl::ZeroDuration(), .rows_max = 100}, &pool_,
                   &clock_, metrics_);
  const auto rows = job.RunOnce();
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, 350u);
  EXPECT_EQ(Count("assignments"), 10);
  EXPECT_EQ(Counted("mab_retention_rows_deleted_total"), 350);
  EXPECT_EQ(Counted("mab_retention_experiments_total"), 2);
  EXPECT_EQ(metrics_.Gauge("mab_retention_last_run_timestamp_seconds", "").Value(), 1.8e9);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(*job.RunOnce(), 10u);
  EXPECT_EQ(*job.RunOnce(), 0u);
}

TEST_F(RetentionJobPostgresTest, ClearsWhatIsSetAsideAfterTheLastRowIsGone) {
  const ExperimentId id = AddArchived("a", 400, 10);
  RetentionJob job({.retention_days = 30, .pause = absl::ZeroDuration()}, &pool_, &clock_,
                   metrics_);
  EXPECT_EQ(*job.RunOnce(), 10u);
  // More than one batch.
  Run("INSERT INTO mab.set_aside_records (journal_id, sequence, record_type, user_hash, body, "
      "error,"
      " set_aside_at) SELECT gen_random_uuid(), i, 4, 'u', '\\x01' || uuid_send($1) || 'u', '', "
      "now()"
      " FROM generate_series(1, 1001) AS i",
      {id});
  EXPECT_EQ(*job.RunOnce(), 0u);
  EXPECT_EQ(Count("set_aside_records WHERE user_hash IS NULL AND body = ''"), 1001);
}

TEST_F(RetentionJobPostgresTest, KeepsRowsForEverUnlessConfigured) {
  AddArchived("a", 4000, 10);
  RetentionJob job({}, &pool_, &clock_, metrics_);
  EXPECT_EQ(*job.RunOnce(), 0u);
  EXPECT_EQ(Count("assignments"), 10);
  EXPECT_EQ(Count("experiments WHERE rows_retire_time IS NOT NULL"), 0);
}

TEST_F(RetentionJobPostgresTest, DeletesExpiredTokensAndLinksAndNoOthers) {
  const AccountId account{Uuid::NewV7(kNow)}, other{Uuid::NewV7(kNow)};
  const absl::Status added = pool_.Transaction([&](PgConnection& db) -> absl::Status {
    for (const AccountId id : {account, other}) {
      absl::Status status =
          storage::AccountStore::Insert(db, {.id = id,
                                             .email = absl::StrCat(id.ToString(), "@example.com"),
                                             .role = storage::Role::kViewer,
                                             .password_hash = "",
                                             .disabled = false,
                                             .create_time = kNow,
                                             .update_time = kNow});
      if (!status.ok()) return status;
      status = storage::AccountLinkStore::Put(
          db, {.account_id = id,
               .token_hash = id.ToString(),
               .create_time = kNow - absl::Hours(48),
               .expire_time = id == account ? kNow : kNow + absl::Seconds(1)});
      if (!status.ok()) return status;
    }
    // More than one batch.
    return db
        .Execute(
            "INSERT INTO mab.refresh_tokens (token_hash, family_id, account_id, create_time,"
            " expire_time) SELECT int4send(i), gen_random_uuid(), $1,"
            " $2::timestamptz - interval '9 days',"
            " $2::timestamptz + (i - 1500) * interval '1 second'"
            " FROM generate_series(0, 1509) AS i",
            {account, kNow})
        .status();
  });
  ASSERT_TRUE(added.ok()) << added;
  RetentionJob job({.pause = absl::ZeroDuration()}, &pool_, &clock_, metrics_);
  ASSERT_TRUE(job.RunOnce().ok());
  EXPECT_EQ(Count("refresh_tokens"), 10);
  EXPECT_EQ(Count("account_links"), 1);
  EXPECT_EQ(Counted("mab_retention_credentials_deleted_total"), 1501);
}

TEST_F(RetentionJobPostgresTest, CountsARunThatFailsAndDeletesAtTheNext) {
  AddArchived("a", 31, 5);
  RetentionJob job({.retention_days = 30}, &pool_, &clock_, metrics_);
  PostgresFixture::Get().Stop();
  EXPECT_TRUE(absl::IsUnavailable(job.RunOnce().status()));
  EXPECT_EQ(Counted("mab_retention_failures_total"), 1);
  PostgresFixture::Get().Start();
  EXPECT_EQ(*job.RunOnce(), 5u);
}

TEST_F(RetentionJobPostgresTest, StopsWhileItWaits) {
  RetentionJob job({}, &pool_, &clock_, metrics_);
  job.Start();
  job.Stop();
}

}  // namespace
}  // namespace mab::admin
