#include "storage/api_key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

using ::testing::ElementsAre;

class ApiKeyStorePostgresTest : public ::testing::Test {
 protected:
  ApiKey Make(int number) const {
    return {.id = ApiKeyId{Uuid::NewV7(kNow + number * absl::Seconds(1))},
            .name = absl::StrCat("key ", number),
            .hint = "mab_AbCd",
            .secret_hash = std::string(32, static_cast<char>('a' + number)),
            .scopes = {.read = true, .write = false, .assign = true},
            .create_time = kNow,
            .created_by = std::nullopt,
            .created_by_email = "",
            .expire_time = std::nullopt,
            .last_use_time = std::nullopt,
            .revoke_time = std::nullopt};
  }
  absl::Status Do(const std::function<absl::Status(PgConnection&)>& work) {
    return pool_.Transaction(work);
  }
  void Insert(const ApiKey& key) {
    ASSERT_TRUE(Do([&](PgConnection& db) { return ApiKeyStore::Insert(db, key); }).ok());
  }
  ApiKey Found(ApiKeyId id) {
    std::optional<ApiKey> key;
    EXPECT_TRUE(Do([&](PgConnection& db) {
                  key = ApiKeyStore::Find(db, id).value();
                  return absl::OkStatus();
                }).ok());
    return key.value();
  }
  std::vector<std::string> Listed(const std::optional<ApiKeyId>& before, int limit) {
    std::vector<std::string> names;
    EXPECT_TRUE(Do([&](PgConnection& db) {
                  const auto keys = ApiKeyStore::List(db, before, limit);
                  for (const ApiKey& key : *keys) names.push_back(key.name);
                  return keys.status();
                }).ok());
    return names;
  }
  int64_t CountActive(absl::Time now) {
    int64_t count = 0;
    EXPECT_TRUE(Do([&](PgConnection& db) {
                  count = ApiKeyStore::CountActive(db, now).value();
                  return absl::OkStatus();
                }).ok());
    return count;
  }

  const absl::Time kNow = absl::FromUnixMicros(1'800'000'000'123'456);
  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
};

TEST_F(ApiKeyStorePostgresTest, KeepsAKeyAndFindsItByIdAndByHash) {
  ApiKey key = Make(0);
  key.name = "It's \"quoted\"";
  key.secret_hash = std::string("\0\xff'\\", 4) + std::string(28, 'h');
  key.expire_time = kNow + absl::Hours(1);
  key.created_by = AccountId{Uuid::NewV7(kNow)};
  Insert(key);
  std::optional<ApiKey> by_hash, none;
  ASSERT_TRUE(Do([&](PgConnection& db) {
                by_hash = ApiKeyStore::FindBySecretHash(db, key.secret_hash).value();
                none = ApiKeyStore::FindBySecretHash(db, std::string(32, 'x')).value();
                return absl::OkStatus();
              }).ok());
  EXPECT_FALSE(none.has_value());
  for (const ApiKey& found : {Found(key.id), by_hash.value()}) {
    EXPECT_EQ(found.id, key.id);
    EXPECT_EQ(found.name, key.name);
    EXPECT_EQ(found.hint, "mab_AbCd");
    EXPECT_EQ(found.secret_hash, key.secret_hash);
    EXPECT_EQ(found.scopes, key.scopes);
    EXPECT_EQ(found.create_time, kNow);
    EXPECT_EQ(found.created_by, key.created_by);
    EXPECT_EQ(found.created_by_email, "");  // there is no such account
    EXPECT_EQ(found.expire_time, key.expire_time);
    EXPECT_FALSE(found.last_use_time.has_value());
    EXPECT_FALSE(found.revoke_time.has_value());
  }
}

TEST_F(ApiKeyStorePostgresTest, RefusesTheHashOfAnotherKey) {
  Insert(Make(0));
  ApiKey twin = Make(1);
  twin.secret_hash = Make(0).secret_hash;
  EXPECT_FALSE(Do([&](PgConnection& db) { return ApiKeyStore::Insert(db, twin); }).ok());
}

TEST_F(ApiKeyStorePostgresTest, ListsTheNewestFirst) {
  std::vector<ApiKey> keys;
  for (int i = 0; i < 4; ++i) {
    keys.push_back(Make(i));
    Insert(keys.back());
  }
  EXPECT_THAT(Listed(std::nullopt, 2), ElementsAre("key 3", "key 2"));
  EXPECT_THAT(Listed(keys[2].id, 10), ElementsAre("key 1", "key 0"));
  EXPECT_THAT(Listed(keys[0].id, 10), ElementsAre());
}

TEST_F(ApiKeyStorePostgresTest, ExpiredAndRevokedKeysAreNotActive) {
  ApiKey expiring = Make(0), revoked = Make(1);
  expiring.expire_time = kNow + absl::Hours(1);
  Insert(expiring);
  Insert(revoked);
  Insert(Make(2));
  ASSERT_TRUE(
      Do([&](PgConnection& db) { return ApiKeyStore::SetRevokeTime(db, revoked.id, kNow); }).ok());
  EXPECT_EQ(CountActive(kNow), 2);
  EXPECT_EQ(CountActive(kNow + absl::Hours(1)), 1);
  const ApiKey found = Found(revoked.id);
  EXPECT_EQ(found.revoke_time, kNow);
  EXPECT_EQ(StateOf(found, kNow), ApiKeyState::kRevoked);
  EXPECT_EQ(StateOf(expiring, kNow + absl::Hours(1)), ApiKeyState::kExpired);
  EXPECT_EQ(StateOf(expiring, kNow + absl::Minutes(59)), ApiKeyState::kActive);
}

TEST_F(ApiKeyStorePostgresTest, ListsTheKeysThatMayAssign) {
  ApiKey assigns = Make(0), reads = Make(1), expired = Make(2), revoked = Make(3);
  assigns.expire_time = kNow + absl::Hours(1);
  assigns.bulk_exposes = true;
  assigns.publishable = true;
  assigns.scopes = {.assign = true};
  reads.scopes = {.read = true, .write = true, .assign = false};
  expired.expire_time = kNow;
  for (const ApiKey& key : {assigns, reads, expired, revoked}) Insert(key);
  std::vector<CallerKey> callers;
  ASSERT_TRUE(Do([&](PgConnection& db) {
                EXPECT_TRUE(ApiKeyStore::SetRevokeTime(db, revoked.id, kNow).ok());
                callers = ApiKeyStore::ListCallers(db, kNow).value();
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(callers, ElementsAre(CallerKey{assigns.id, assigns.secret_hash, assigns.expire_time,
                                             /*bulk_exposes=*/true, /*publishable=*/true}));
  EXPECT_TRUE(Found(assigns.id).bulk_exposes);
  EXPECT_FALSE(Found(expired.id).bulk_exposes);
  EXPECT_TRUE(Found(assigns.id).publishable);
  EXPECT_FALSE(Found(expired.id).publishable);
}

TEST_F(ApiKeyStorePostgresTest, OnlyAKeyThatAssignsExposesInBulk) {
  ApiKey key = Make(0);
  key.scopes = {.read = true, .write = false, .assign = false};
  key.bulk_exposes = true;
  EXPECT_FALSE(Do([&](PgConnection& db) { return ApiKeyStore::Insert(db, key); }).ok());
}

TEST_F(ApiKeyStorePostgresTest, OnlyAKeyThatAssignsAloneIsPublishable) {
  for (const auto& scopes : {ApiKeyScopes{.read = true}, ApiKeyScopes{.read = true, .assign = true},
                             ApiKeyScopes{.write = true, .assign = true}}) {
    ApiKey key = Make(0);
    key.scopes = scopes;
    key.publishable = true;
    EXPECT_FALSE(Do([&](PgConnection& db) { return ApiKeyStore::Insert(db, key); }).ok());
  }
}

TEST_F(ApiKeyStorePostgresTest, TheLastUseIsTheLatest) {
  const ApiKey first = Make(0), second = Make(1);
  Insert(first);
  Insert(second);
  const auto record = [&](const absl::btree_map<ApiKeyId, absl::Time>& uses) {
    ASSERT_TRUE(Do([&](PgConnection& db) { return ApiKeyStore::RecordUses(db, uses); }).ok());
  };
  // One that nobody has is no error.
  record({{first.id, kNow}, {second.id, kNow}, {ApiKeyId{Uuid::NewV7(kNow)}, kNow}});
  record({{first.id, kNow - absl::Hours(1)}, {second.id, kNow + absl::Hours(1)}});
  EXPECT_EQ(Found(first.id).last_use_time, kNow);
  EXPECT_EQ(Found(second.id).last_use_time, kNow + absl::Hours(1));
}

}  // namespace
}  // namespace mab::storage
