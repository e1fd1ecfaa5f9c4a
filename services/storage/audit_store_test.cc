#include "storage/audit_store.h"

#include <gtest/gtest.h>

#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

const absl::Time kNow = absl::FromUnixMicros(1'795'392'000'123'456);

absl::Status Append(PgPool& pool, const AuditEntry& entry) {
  return pool.Transaction([&](PgConnection& db) { return AuditStore::Append(db, entry); });
}

TEST(AuditStoreTest, KeepsWhoChangedWhatAndBothSidesOfTheChange) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  const AccountId account{Uuid::NewV7(kNow)};
  ASSERT_TRUE(Append(pool, {.at = kNow,
                            .actor = {.account_id = account, .address = "2001:db8::1"},
                            .action = "experiment.update",
                            .subject_type = "experiment",
                            .subject_id = "0198",
                            .before_json = R"({"name":"It's"})",
                            .after_json = R"({"name":"\u0000","big":1e308})"})
                  .ok());
  const auto rows = pool.Execute(
      "SELECT at, account_id, action, subject_type, subject_id, before, after, address FROM "
      "mab.audit_log");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows(), 1);
  EXPECT_EQ(rows->Text(0, "address"), "2001:db8::1");
  EXPECT_EQ(rows->Time(0, "at"), kNow);
  EXPECT_EQ(rows->GetUuid(0, "account_id"), account.uuid);
  EXPECT_EQ(rows->Text(0, "action"), "experiment.update");
  EXPECT_EQ(rows->Text(0, "subject_type"), "experiment");
  EXPECT_EQ(rows->Text(0, "subject_id"), "0198");
  EXPECT_EQ(rows->Text(0, "before"), R"({"name":"It's"})");
  EXPECT_EQ(rows->Text(0, "after"), R"({"name":"\u0000","big":1e308})");
}

TEST(AuditStoreTest, KeepsAChangeThatNoAccountMadeAndThatHasNoSides) {
  MigratedDatabase database;
  PgPool pool({.url = database.url()});
  ASSERT_TRUE(
      Append(pool,
             {.at = kNow, .action = "account.create", .subject_type = "account", .subject_id = "x"})
          .ok());
  const auto rows = pool.Execute("SELECT account_id, before, after FROM mab.audit_log");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows(), 1);
  EXPECT_TRUE(rows->IsNull(0, "account_id"));
  EXPECT_TRUE(rows->IsNull(0, "before"));
  EXPECT_TRUE(rows->IsNull(0, "after"));
}

}  // namespace
}  // namespace mab::storage
