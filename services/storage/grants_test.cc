#include "storage/grants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/testing/postgres_fixture.h"
#include "common/uuid.h"
#include "storage/account_store.h"
#include "storage/api_key_store.h"
#include "storage/audit_store.h"
#include "storage/erasure_store.h"
#include "storage/event_store.h"
#include "storage/experiment_store.h"
#include "storage/migrator.h"
#include "storage/minute_fold.h"
#include "storage/role_check.h"
#include "storage/row_retention.h"
#include "storage/settings_store.h"
#include "storage/testing/migrated_database.h"
#include "storage/testing/sample_events.h"

namespace mab::storage {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A name with what must be quoted.
constexpr char kAdmin[] = "the \"admin\"";
constexpr char kAssignment[] = "assignment_role";

class GrantsPostgresTest : public ::testing::Test {
 protected:
  GrantsPostgresTest() {
    for (const char* role : {"\"the \"\"admin\"\"\"", kAssignment}) {
      // Roles are the server's, and outlive this test's database.
      const auto made = owner_.Execute(absl::StrCat("CREATE ROLE ", role, " LOGIN"));
      EXPECT_TRUE(made.ok() || made.status().message().find("exists") != std::string::npos);
    }
    const absl::Status granted = ApplyGrants(database_.url(), {kAdmin, kAssignment});
    EXPECT_TRUE(granted.ok()) << granted;
  }

  std::string UrlAs(const std::string& encoded_role) const {
    return absl::StrCat(database_.url(), "&user=", encoded_role);
  }
  static bool IsDenied(PgPool& pool, const std::string& sql) {
    const absl::Status status = pool.Execute(sql).status();
    EXPECT_FALSE(status.ok()) << sql;
    return status.message().find("permission denied") != std::string::npos;
  }

  MigratedDatabase database_;
  PgPool owner_{{.url = database_.url()}};
  PgPool admin_{{.url = UrlAs("the%20%22admin%22")}};
  PgPool assignment_{{.url = UrlAs(kAssignment)}};
};

TEST_F(GrantsPostgresTest, TheAuditLogCanOnlyGrow) {
  const AuditEntry entry{
      .at = kSampleTime, .action = "account.create", .subject_type = "account", .subject_id = "x"};
  const auto append = [&](PgConnection& db) { return AuditStore::Append(db, entry); };
  ASSERT_TRUE(admin_.Transaction(append).ok());
  ASSERT_TRUE(admin_.Execute("SELECT * FROM mab.audit_log").ok());
  for (const char* sql : {"UPDATE mab.audit_log SET action = 'x'", "DELETE FROM mab.audit_log",
                          "TRUNCATE mab.audit_log", "DROP TABLE mab.audit_log",
                          "ALTER TABLE mab.audit_log DISABLE TRIGGER ALL"}) {
    const absl::Status status = admin_.Execute(sql).status();
    EXPECT_FALSE(status.ok()) << sql;
  }
  EXPECT_EQ(owner_.Execute("SELECT action FROM mab.audit_log")->Text(0, "action"),
            "account.create");
  EXPECT_TRUE(IsDenied(admin_, "UPDATE mab.audit_log SET action = 'x'"));
  EXPECT_TRUE(IsDenied(admin_, "DELETE FROM mab.audit_log"));
  EXPECT_TRUE(IsDenied(admin_, "TRUNCATE mab.audit_log"));
}

TEST_F(GrantsPostgresTest, NobodyChangesWhatAKeyMayDo) {
  ASSERT_TRUE(admin_
                  .Execute("INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, "
                           "can_write, can_assign, create_time) VALUES (gen_random_uuid(), 'k', "
                           "'mab_AbCd', sha256(''), true, false, false, now())")
                  .ok());
  EXPECT_TRUE(admin_
                  .Transaction([](PgConnection& db) -> absl::Status {
                    if (absl::Status status = ApiKeyStore::LockForInsert(db); !status.ok()) {
                      return status;
                    }
                    auto keys = ApiKeyStore::List(db, std::nullopt, 1);
                    if (!keys.ok()) return keys.status();
                    const ApiKeyId id = keys->at(0).id;
                    const auto locked = ApiKeyStore::FindForUpdate(db, id);
                    if (!locked.ok()) return locked.status();
                    if (absl::Status status = ApiKeyStore::RecordUses(db, {{id, kSampleTime}});
                        !status.ok()) {
                      return status;
                    }
                    return ApiKeyStore::SetRevokeTime(db, id, kSampleTime);
                  })
                  .ok());
  EXPECT_TRUE(IsDenied(admin_, "UPDATE mab.api_keys SET can_write = true"));
  EXPECT_TRUE(IsDenied(admin_, "UPDATE mab.api_keys SET expire_time = NULL"));
  EXPECT_TRUE(IsDenied(admin_, "DELETE FROM mab.api_keys"));
  EXPECT_TRUE(IsDenied(assignment_, "SELECT * FROM mab.api_keys"));
}

TEST_F(GrantsPostgresTest, SettingsAndErasuresStayOnRecord) {
  EXPECT_TRUE(SettingsStore(&admin_).CheckUserHashKey("00").ok());
  const Erasure erasure{.id = Uuid::NewV7(kSampleTime),
                        .journal_id = Uuid::NewV7(kSampleTime),
                        .sequence = 1,
                        .assignments = 0,
                        .erased_at = kSampleTime,
                        .clear_by = kSampleTime,
                        .clear_time = std::nullopt};
  EXPECT_TRUE(admin_
                  .Transaction([&](PgConnection& db) -> absl::Status {
                    const absl::Status status = ErasureStore::Insert(db, erasure);
                    if (!status.ok()) return status;
                    return ErasureStore::MarkClear(db, erasure.journal_id, 1, kSampleTime).status();
                  })
                  .ok());
  for (const char* sql :
       {"UPDATE mab.settings SET value = 'x'", "DELETE FROM mab.settings", "TRUNCATE mab.settings",
        "DELETE FROM mab.erasures", "TRUNCATE mab.erasures"}) {
    EXPECT_TRUE(IsDenied(admin_, sql)) << sql;
  }
}

TEST_F(GrantsPostgresTest, AdminDoesNotWriteWhatHappened) {
  for (const char* table : {"versions", "assignments", "exposures", "conversions",
                            "set_aside_records", "migrations", "journal_positions"}) {
    EXPECT_TRUE(admin_.Execute(absl::StrCat("SELECT * FROM mab.", table)).ok()) << table;
    EXPECT_TRUE(IsDenied(admin_, absl::StrCat("DELETE FROM mab.", table))) << table;
    EXPECT_TRUE(IsDenied(admin_, absl::StrCat("TRUNCATE mab.", table))) << table;
  }
  EXPECT_TRUE(IsDenied(admin_, "UPDATE mab.assignments SET variant_index = 0"));
  for (const char* call :
       {"retire_rows(gen_random_uuid(), 1)", "retire_rows_after(gen_random_uuid(), '', 1)",
        "retire_set_aside_records(1)"}) {
    EXPECT_TRUE(IsDenied(assignment_, absl::StrCat("SELECT mab.", call))) << call;
  }
  EXPECT_TRUE(admin_.Execute("SELECT mab.retire_set_aside_records(1)").ok());
}

TEST_F(GrantsPostgresTest, AdminDeletesRowsOfArchivedExperimentsAlone) {
  for (const char* state : {"RUNNING", "ARCHIVED"}) {
    ASSERT_TRUE(owner_.Execute("DELETE FROM mab.experiments").ok());
    ASSERT_TRUE(owner_
                    .Execute("INSERT INTO mab.experiments (id, key, name, description, state,"
                             " policy, floor, burn_in_exposures, traffic_share, prior_alpha,"
                             " prior_beta, conversion_window_seconds, threshold_of_caring, salt,"
                             " revision, create_time, update_time)"
                             " VALUES ($1, 'a', '', '', $2, 'FIXED', 0, 0, 1, 1, 1, 3600, 0.1,"
                             " decode(repeat('00', 16), 'hex'), 1, $3, $3)",
                             {SampleExperiment(), state, kSampleTime})
                    .ok());
    EXPECT_TRUE(owner_
                    .Execute("INSERT INTO mab.assignments (experiment_id, user_hash,"
                             " variant_index, version, propensity, assigned_at)"
                             " VALUES ($1, 'u', 0, 1, 1, now()) ON CONFLICT DO NOTHING",
                             {SampleExperiment()})
                    .ok());
    uint64_t rows = 0;
    const absl::Status retired = admin_.Transaction([&](PgConnection& db) -> absl::Status {
      const auto batch = RowRetention::RetireBatch(
          db, kSampleTime, {.archived_before = kSampleTime + absl::Seconds(1)});
      if (batch.ok()) rows = batch->rows;
      return batch.status();
    });
    EXPECT_TRUE(retired.ok()) << retired;
    EXPECT_EQ(rows, absl::string_view(state) == "ARCHIVED" ? 1u : 0u);
  }
}

TEST_F(GrantsPostgresTest, AKeyThatIsPutOnRecordIsAudited) {
  ASSERT_TRUE(SettingsStore(&assignment_).CheckUserHashKey("00").ok());
  ASSERT_TRUE(SettingsStore(&admin_).CheckUserHashKey("00").ok());
  const auto audit = owner_.Execute("SELECT action, subject_id FROM mab.audit_log");
  ASSERT_EQ(audit->rows(), 1);
  EXPECT_EQ(audit->Text(0, "action"), "setting.create");
  EXPECT_EQ(audit->Text(0, "subject_id"), "user_hash_key_fingerprint");
}

TEST_F(GrantsPostgresTest, AdminDoesWhatItNeeds) {
  EXPECT_TRUE(CheckMigrated(admin_).ok());
  EXPECT_TRUE(SettingsStore(&admin_).CheckUserHashKey("00").ok());
  EXPECT_TRUE(admin_
                  .Transaction([](PgConnection& db) -> absl::Status {
                    if (absl::Status status = AccountStore::LockForChange(db); !status.ok()) {
                      return status;
                    }
                    return MinuteFold::FoldBatch(db, kSampleTime, {}).status();
                  })
                  .ok());
  EXPECT_TRUE(admin_.Execute("DELETE FROM mab.experiments").ok());
}

TEST_F(GrantsPostgresTest, AssignmentTakesEveryKindOfEvent) {
  EXPECT_TRUE(SettingsStore(&assignment_).CheckUserHashKey("00").ok());
  EXPECT_TRUE(SettingsStore(&assignment_).DatabaseId().ok());
  std::vector<SequencedEvent> events;
  for (Event& event : SampleOfEach()) events.push_back({events.size() + 1, std::move(event)});
  // Twice, so that every branch of a conflict is taken too.
  for (uint64_t after = 0; after < 20; after += 10) {
    for (size_t i = 0; i < events.size(); ++i) events[i].sequence = after + i + 1;
    const absl::Status drained = assignment_.Transaction([&](PgConnection& db) {
      return EventStore::DrainBatch(db, Uuid{}, after == 0 ? 0 : events.size(), events,
                                    kSampleTime);
    });
    EXPECT_TRUE(drained.ok()) << drained;
  }
  const absl::Status aside = assignment_.Transaction([&](PgConnection& db) {
    SetAsideRecord record;
    record.sequence = 30;
    record.body = "x";
    return EventStore::SetAside(db, Uuid{}, 10 + events.size(), record, kSampleTime);
  });
  EXPECT_TRUE(aside.ok()) << aside;
}

TEST_F(GrantsPostgresTest, AssignmentKnowsNothingElse) {
  for (const char* table :
       {"accounts", "refresh_tokens", "audit_log", "variants", "current_versions", "erasures"}) {
    EXPECT_TRUE(IsDenied(assignment_, absl::StrCat("SELECT * FROM mab.", table))) << table;
    EXPECT_TRUE(IsDenied(assignment_, absl::StrCat("DELETE FROM mab.", table))) << table;
  }
  EXPECT_TRUE(IsDenied(assignment_, "SELECT name FROM mab.experiments"));
  EXPECT_TRUE(IsDenied(assignment_, "UPDATE mab.experiments SET name = 'x'"));
  EXPECT_TRUE(IsDenied(assignment_, "UPDATE mab.settings SET value = 'x'"));
  EXPECT_TRUE(IsDenied(assignment_, "DELETE FROM mab.assignments"));
  EXPECT_TRUE(IsDenied(assignment_, "TRUNCATE mab.conversions"));
  EXPECT_TRUE(IsDenied(assignment_,
                       "INSERT INTO mab.audit_log (at, action, subject_type, "
                       "subject_id) VALUES (now(), '', '', '')"));
  EXPECT_FALSE(assignment_.Execute("CREATE TABLE mab.mine (id integer)").ok());
}

// What the services warn of in production: role_check.h.
TEST_F(GrantsPostgresTest, RolesOfTheirOwnMayDoNothingThatTheServicesNeverDo) {
  EXPECT_THAT(*ExcessPrivileges(admin_, DatabaseUser::kAdmin), IsEmpty());
  EXPECT_THAT(*ExcessPrivileges(assignment_, DatabaseUser::kAssignment), IsEmpty());
  EXPECT_THAT(*ExcessPrivileges(owner_, DatabaseUser::kAdmin),
              AllOf(SizeIs(10), Contains("DELETE mab.audit_log")));
  EXPECT_THAT(*ExcessPrivileges(owner_, DatabaseUser::kAssignment),
              AllOf(SizeIs(9), Contains("SELECT mab.accounts")));
  // Each other's would not do.
  EXPECT_THAT(*ExcessPrivileges(admin_, DatabaseUser::kAssignment),
              Contains("SELECT mab.accounts"));
}

TEST_F(GrantsPostgresTest, TakesBackWhatWasGrantedBefore) {
  ASSERT_TRUE(
      owner_.Execute(absl::StrCat("GRANT ALL ON mab.accounts, mab.audit_log TO ", kAssignment))
          .ok());
  ASSERT_TRUE(ApplyGrants(database_.url(), {kAdmin, kAssignment}).ok());
  EXPECT_TRUE(IsDenied(assignment_, "SELECT * FROM mab.accounts"));
  EXPECT_TRUE(IsDenied(assignment_, "DELETE FROM mab.audit_log"));
}

TEST_F(GrantsPostgresTest, KnowsTheRoleOfAUrl) {
  EXPECT_EQ(RoleOfUrl("").value(), "");
  EXPECT_EQ(RoleOfUrl(UrlAs(kAssignment)).value(), kAssignment);
  EXPECT_EQ(RoleOfUrl(UrlAs("the%20%22admin%22")).value(), kAdmin);
  EXPECT_FALSE(RoleOfUrl(UrlAs("nobody")).ok());
}

TEST_F(GrantsPostgresTest, LeavesTheOwnerAlone) {
  const std::string owner = RoleOfUrl(database_.url()).value();
  ASSERT_TRUE(ApplyGrants(database_.url(), {owner, ""}).ok());
  EXPECT_TRUE(owner_.Execute("DELETE FROM mab.audit_log").ok());
}

TEST_F(GrantsPostgresTest, RefusesOneRoleForBothAndOneThatIsNotThere) {
  EXPECT_TRUE(absl::IsFailedPrecondition(ApplyGrants(database_.url(), {kAdmin, kAdmin})));
  // One that is the owner anyway is no harm: such as a pooler's, who is one for all.
  const std::string owner = RoleOfUrl(database_.url()).value();
  EXPECT_TRUE(ApplyGrants(database_.url(), {owner, owner}).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(ApplyGrants(database_.url(), {"nobody", ""})));
}

}  // namespace
}  // namespace mab::storage
