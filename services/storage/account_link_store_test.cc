#include "storage/account_link_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/secret.h"
#include "storage/testing/one_account_fixture.h"

namespace mab::storage {
namespace {

class AccountLinkStorePostgresTest : public OneAccountFixture {
 protected:
  void Put(const std::string& token) {
    Transaction([&](PgConnection& db) {
      return AccountLinkStore::Put(db, {.account_id = account_id_,
                                        .token_hash = HashToken(token),
                                        .create_time = kNow,
                                        .expire_time = kNow + absl::Hours(1)});
    });
  }
  std::optional<AccountLink> Find(const std::string& token, absl::Time now = kNow) {
    std::optional<AccountLink> found;
    Transaction([&](PgConnection& db) -> absl::Status {
      found = AccountLinkStore::Find(db, HashToken(token), now).value();
      return absl::OkStatus();
    });
    return found;
  }
};

TEST_F(AccountLinkStorePostgresTest, KeepsALinkUntilItExpires) {
  Put("one");
  const std::optional<AccountLink> link = Find("one");
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->account_id, account_id_);
  EXPECT_EQ(link->token_hash, HashToken("one"));
  EXPECT_EQ(link->create_time, kNow);
  EXPECT_EQ(link->expire_time, kNow + absl::Hours(1));
  EXPECT_FALSE(Find("another").has_value());
  EXPECT_TRUE(Find("one", kNow + absl::Hours(1) - absl::Microseconds(1)).has_value());
  EXPECT_FALSE(Find("one", kNow + absl::Hours(1)).has_value());
}

TEST_F(AccountLinkStorePostgresTest, ANewerLinkTakesThePlaceOfTheOlder) {
  Put("one");
  Put("two");
  EXPECT_FALSE(Find("one").has_value());
  EXPECT_TRUE(Find("two").has_value());
}

TEST_F(AccountLinkStorePostgresTest, ADeletedLinkIsGone) {
  Put("one");
  Transaction([&](PgConnection& db) { return AccountLinkStore::Delete(db, account_id_); });
  EXPECT_FALSE(Find("one").has_value());
  Transaction([&](PgConnection& db) { return AccountLinkStore::Delete(db, account_id_); });
}

TEST_F(AccountLinkStorePostgresTest, LinksThatHaveExpiredAreDeleted) {
  Put("one");
  const auto delete_expired = [&](absl::Time now) {
    int64_t deleted = -1;
    Transaction([&](PgConnection& db) -> absl::Status {
      deleted = AccountLinkStore::DeleteExpired(db, now, 10).value();
      return absl::OkStatus();
    });
    return deleted;
  };
  EXPECT_EQ(delete_expired(kNow + absl::Hours(1) - absl::Microseconds(1)), 0);
  EXPECT_TRUE(Find("one").has_value());
  EXPECT_EQ(delete_expired(kNow + absl::Hours(1)), 1);
}

}  // namespace
}  // namespace mab::storage
