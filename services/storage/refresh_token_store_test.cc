#include "storage/refresh_token_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/secret.h"
#include "storage/testing/one_account_fixture.h"

namespace mab::storage {
namespace {

class RefreshTokenStorePostgresTest : public OneAccountFixture {
 protected:
  void Insert(const std::string& token, const Uuid& family, absl::Time expires) {
    Transaction([&](PgConnection& db) {
      return RefreshTokenStore::Insert(db, RefreshToken{.token_hash = HashToken(token),
                                                        .family_id = family,
                                                        .account_id = account_id_,
                                                        .create_time = kNow,
                                                        .expire_time = expires,
                                                        .use_time = std::nullopt,
                                                        .revoke_time = std::nullopt,
                                                        .address = "192.0.2.1"});
    });
  }
  std::optional<RefreshToken> Find(const std::string& token) {
    std::optional<RefreshToken> found;
    Transaction([&](PgConnection& db) -> absl::Status {
      found = RefreshTokenStore::FindForUpdate(db, HashToken(token)).value();
      return absl::OkStatus();
    });
    return found;
  }

  const Uuid family_ = Uuid::NewV7(kNow);
};

TEST_F(RefreshTokenStorePostgresTest, KeepsATokenAndItsUse) {
  Insert("one", family_, kNow + absl::Hours(1));
  std::optional<RefreshToken> token = Find("one");
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->token_hash, HashToken("one"));
  EXPECT_EQ(token->family_id, family_);
  EXPECT_EQ(token->account_id, account_id_);
  EXPECT_EQ(token->create_time, kNow);
  EXPECT_EQ(token->expire_time, kNow + absl::Hours(1));
  EXPECT_EQ(token->use_time, std::nullopt);
  EXPECT_EQ(token->revoke_time, std::nullopt);
  EXPECT_EQ(token->address, "192.0.2.1");

  const absl::Time used_at = kNow + absl::Minutes(5);
  Transaction(
      [&](PgConnection& db) { return RefreshTokenStore::MarkUsed(db, HashToken("one"), used_at); });
  EXPECT_EQ(Find("one")->use_time, used_at);
  EXPECT_FALSE(Find("two").has_value());
}

TEST_F(RefreshTokenStorePostgresTest, RevokesAFamilyAndNoOther) {
  Insert("one", family_, kNow + absl::Hours(1));
  Insert("two", family_, kNow + absl::Hours(1));
  Insert("other", Uuid::NewV7(kNow), kNow + absl::Hours(1));
  Transaction([&](PgConnection& db) {
    return RefreshTokenStore::RevokeFamily(db, family_, kNow).status();
  });
  EXPECT_EQ(Find("one")->revoke_time, kNow);
  EXPECT_EQ(Find("two")->revoke_time, kNow);
  EXPECT_EQ(Find("other")->revoke_time, std::nullopt);
}

TEST_F(RefreshTokenStorePostgresTest, DeletesWhatHasExpiredOldestFirst) {
  Insert("oldest", family_, kNow - absl::Hours(2));
  Insert("old", family_, kNow - absl::Hours(1));
  Insert("good", family_, kNow + absl::Hours(1));
  Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_EQ(RefreshTokenStore::DeleteExpired(db, kNow, 1).value(), 1);
    return absl::OkStatus();
  });
  EXPECT_FALSE(Find("oldest").has_value());
  EXPECT_TRUE(Find("old").has_value());
  Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_EQ(RefreshTokenStore::DeleteExpired(db, kNow, 1000).value(), 1);
    return absl::OkStatus();
  });
  EXPECT_TRUE(Find("good").has_value());
}

TEST_F(RefreshTokenStorePostgresTest, ASessionLivesWhileATokenOfItDoes) {
  const auto lives = [&](const Uuid& family, absl::Time now) {
    bool found = false;
    Transaction([&](PgConnection& db) -> absl::Status {
      found = AccountStore::FindInSession(db, account_id_, family, now).value().has_value();
      return absl::OkStatus();
    });
    return found;
  };
  const Uuid other = Uuid::NewV7(kNow);
  Insert("one", family_, kNow + absl::Hours(1));
  Insert("two", other, kNow + absl::Hours(2));
  EXPECT_TRUE(lives(family_, kNow));
  EXPECT_FALSE(lives(Uuid::NewV7(kNow), kNow));
  EXPECT_FALSE(lives(family_, kNow + absl::Hours(1)));
  EXPECT_TRUE(lives(other, kNow + absl::Hours(1)));

  Transaction([&](PgConnection& db) {
    return RefreshTokenStore::RevokeAccount(db, account_id_, other, kNow);
  });
  EXPECT_FALSE(lives(family_, kNow));
  EXPECT_TRUE(lives(other, kNow));
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET disabled = true").ok());
  EXPECT_FALSE(lives(other, kNow));
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET disabled = false").ok());
  Transaction([&](PgConnection& db) {
    return RefreshTokenStore::RevokeAccount(db, account_id_, std::nullopt, kNow);
  });
  EXPECT_FALSE(lives(other, kNow));
}

TEST_F(RefreshTokenStorePostgresTest, EndingSessionsLeavesUsedTokensAlone) {
  Insert("used", family_, kNow + absl::Hours(1));
  Transaction(
      [&](PgConnection& db) { return RefreshTokenStore::MarkUsed(db, HashToken("used"), kNow); });
  Insert("live", family_, kNow + absl::Hours(1));
  Transaction([&](PgConnection& db) -> absl::Status {
    EXPECT_EQ(RefreshTokenStore::ListLive(db, account_id_, kNow, 10)->size(), 1u);
    EXPECT_TRUE(RefreshTokenStore::RevokeFamily(db, family_, kNow).value());
    EXPECT_FALSE(RefreshTokenStore::RevokeFamily(db, family_, kNow).value()) << "it has ended";
    EXPECT_EQ(RefreshTokenStore::ListLive(db, account_id_, kNow, 10)->size(), 0u);
    return absl::OkStatus();
  });
  EXPECT_EQ(Find("live")->revoke_time, kNow);
  EXPECT_EQ(Find("used")->revoke_time, std::nullopt);
  EXPECT_EQ(Find("used")->use_time, kNow);
}

}  // namespace
}  // namespace mab::storage
