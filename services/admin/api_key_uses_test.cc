#include "admin/api_key_uses.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/api_key_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

class ApiKeyUsesPostgresTest : public ::testing::Test {
 protected:
  ApiKeyUsesPostgresTest() {
    EXPECT_TRUE(pool_
                    .Execute("INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, "
                             "can_write, can_assign, create_time) "
                             "VALUES ($1, 'k', 'mab_AbCd', $2, true, false, false, $3)",
                             {id_, PgParam::Bytes(std::string(32, 'h')), clock_.Now()})
                    .ok());
  }
  std::optional<absl::Time> LastUse() {
    return pool_.Execute("SELECT last_use_time FROM mab.api_keys")
        ->OptionalTime(0, "last_use_time");
  }

  const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  const ApiKeyId id_{Uuid::NewV7(absl::FromUnixSeconds(1'800'000'000))};
  ApiKeyUses uses_{&pool_, &clock_};
};

TEST_F(ApiKeyUsesPostgresTest, WritesAKeyAtMostOnceAMinute) {
  ASSERT_TRUE(uses_.RunOnce().ok());
  EXPECT_FALSE(LastUse().has_value());
  uses_.Note(id_);
  ASSERT_TRUE(uses_.RunOnce().ok());
  EXPECT_EQ(LastUse(), kNow);
  clock_.Advance(absl::Seconds(59));
  uses_.Note(id_);
  ASSERT_TRUE(uses_.RunOnce().ok());
  EXPECT_EQ(LastUse(), kNow);
  clock_.Advance(absl::Seconds(1));
  uses_.Note(id_);
  ASSERT_TRUE(uses_.RunOnce().ok());
  EXPECT_EQ(LastUse(), kNow + absl::Minutes(1));
}

TEST_F(ApiKeyUsesPostgresTest, WhatCanNotBeWrittenIsTriedAgain) {
  uses_.Note(id_);
  ASSERT_TRUE(pool_.Execute("ALTER TABLE mab.api_keys RENAME TO elsewhere").ok());
  EXPECT_FALSE(uses_.RunOnce().ok());
  ASSERT_TRUE(pool_.Execute("ALTER TABLE mab.elsewhere RENAME TO api_keys").ok());
  ASSERT_TRUE(uses_.RunOnce().ok());
  EXPECT_EQ(LastUse(), kNow);
}

TEST_F(ApiKeyUsesPostgresTest, TheThreadWritesAtOnce) {
  uses_.Start();
  uses_.Note(id_);
  const absl::Time give_up = absl::Now() + absl::Seconds(30);
  while (!LastUse().has_value() && absl::Now() < give_up) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(LastUse(), kNow);
  uses_.Stop();
}

}  // namespace
}  // namespace mab::admin
