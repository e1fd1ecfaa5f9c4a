#include "storage/account_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Account MakeAccount(const std::string& email) {
  return Account{.id = AccountId{Uuid::NewV7(kNow)},
                 .email = email,
                 .role = Role::kEditor,
                 .password_hash = "$2b$10$x",
                 .disabled = true,
                 .create_time = kNow,
                 .update_time = kNow + absl::Seconds(1)};
}

TEST(RoleTest, HasTheSameNameBothWays) {
  for (const Role role : {Role::kViewer, Role::kEditor, Role::kAdmin}) {
    EXPECT_EQ(RoleFromName(RoleName(role)), role);
  }
  EXPECT_EQ(RoleFromName("OWNER"), std::nullopt);
  EXPECT_EQ(RoleFromName(""), std::nullopt);
}

class AccountStorePostgresTest : public ::testing::Test {
 protected:
  AccountStorePostgresTest() : pool_({.url = database_.url()}) {}

  void Transaction(const std::function<absl::Status(PgConnection&)>& body) {
    const absl::Status status = pool_.Transaction(body);
    ASSERT_TRUE(status.ok()) << status;
  }

  MigratedDatabase database_;
  PgPool pool_;
};

TEST_F(AccountStorePostgresTest, FindsAnAccountByAddressAndById) {
  const Account account = MakeAccount("ada@example.com");
  Transaction([&](PgConnection& db) { return AccountStore::Insert(db, account); });
  Transaction([&](PgConnection& db) -> absl::Status {
    for (const auto& found : {AccountStore::FindByEmail(db, "ada@example.com").value(),
                              AccountStore::FindById(db, account.id).value()}) {
      EXPECT_TRUE(found.has_value());
      EXPECT_EQ(found->id, account.id);
      EXPECT_EQ(found->email, account.email);
      EXPECT_EQ(found->role, Role::kEditor);
      EXPECT_EQ(found->password_hash, account.password_hash);
      EXPECT_TRUE(found->disabled);
      EXPECT_EQ(found->create_time, account.create_time);
      EXPECT_EQ(found->update_time, account.update_time);
    }
    EXPECT_EQ(AccountStore::FindByEmail(db, "ada@example").value(), std::nullopt);
    EXPECT_EQ(AccountStore::FindById(db, AccountId{}).value(), std::nullopt);
    return absl::OkStatus();
  });
}

TEST_F(AccountStorePostgresTest, RefusesAnAddressThatIsTaken) {
  Transaction([](PgConnection& db) { return AccountStore::Insert(db, MakeAccount("a@b.c")); });
  const absl::Status status = pool_.Transaction(
      [](PgConnection& db) { return AccountStore::Insert(db, MakeAccount("a@b.c")); });
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(status), kReasonAlreadyExists);
}

TEST_F(AccountStorePostgresTest, KnowsWhetherThereIsAnyAccount) {
  Transaction([](PgConnection& db) -> absl::Status {
    EXPECT_TRUE(AccountStore::LockForChange(db).ok());
    EXPECT_FALSE(AccountStore::AnyExists(db).value());
    return AccountStore::Insert(db, MakeAccount("a@b.c"));
  });
  Transaction([](PgConnection& db) -> absl::Status {
    EXPECT_TRUE(AccountStore::AnyExists(db).value());
    return absl::OkStatus();
  });
}

TEST_F(AccountStorePostgresTest, ListsInTheOrderOfCreation) {
  std::vector<AccountId> ids;
  for (int i = 0; i < 5; ++i) {
    Account account = MakeAccount("someone" + std::to_string(i) + "@b.c");
    account.id = AccountId{Uuid::NewV7(kNow + absl::Seconds(i))};
    ids.push_back(account.id);
    Transaction([&](PgConnection& db) { return AccountStore::Insert(db, account); });
  }
  Transaction([&](PgConnection& db) -> absl::Status {
    const std::vector<Account> first = AccountStore::List(db, std::nullopt, 3).value();
    EXPECT_EQ(first.size(), 3u);
    EXPECT_EQ(first[0].id, ids[0]);
    const std::vector<Account> rest = AccountStore::List(db, first[2].id, 3).value();
    EXPECT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest[1].id, ids[4]);
    EXPECT_TRUE(AccountStore::List(db, ids[4], 3)->empty());
    EXPECT_EQ(AccountStore::Count(db).value(), 5);
    return absl::OkStatus();
  });
}

TEST_F(AccountStorePostgresTest, UpdatesWhatMayChange) {
  Account account = MakeAccount("a@b.c");
  Transaction([&](PgConnection& db) { return AccountStore::Insert(db, account); });
  account.role = Role::kAdmin;
  account.password_hash = "$2b$11$y";
  account.disabled = false;
  account.update_time = kNow + absl::Hours(1);
  Transaction([&](PgConnection& db) { return AccountStore::Update(db, account); });
  Transaction([&](PgConnection& db) -> absl::Status {
    const std::optional<Account> found = AccountStore::FindByIdForUpdate(db, account.id).value();
    EXPECT_EQ(found->role, Role::kAdmin);
    EXPECT_EQ(found->password_hash, "$2b$11$y");
    EXPECT_FALSE(found->disabled);
    EXPECT_EQ(found->update_time, kNow + absl::Hours(1));
    EXPECT_EQ(found->create_time, kNow);
    EXPECT_FALSE(AccountStore::ReplacePasswordHash(db, account.id, "$2b$10$x", "z").value());
    EXPECT_TRUE(AccountStore::ReplacePasswordHash(db, account.id, "$2b$11$y", "z").value());
    return absl::OkStatus();
  });
}

TEST_F(AccountStorePostgresTest, AnAdministratorIsEnabledAndHasAPassword) {
  const Account me = MakeAccount("me@b.c");
  Account other = MakeAccount("other@b.c");
  Transaction([&](PgConnection& db) { return AccountStore::Insert(db, me); });
  Transaction([&](PgConnection& db) { return AccountStore::Insert(db, other); });
  const auto exists = [&](Role role, bool disabled, const std::string& hash, AccountId besides) {
    bool found = false;
    other.role = role;
    other.disabled = disabled;
    other.password_hash = hash;
    Transaction([&](PgConnection& db) -> absl::Status {
      EXPECT_TRUE(AccountStore::Update(db, other).ok());
      found = AccountStore::OtherAdministratorExists(db, besides).value();
      return absl::OkStatus();
    });
    return found;
  };
  EXPECT_TRUE(exists(Role::kAdmin, false, "x", me.id));
  EXPECT_FALSE(exists(Role::kAdmin, false, "x", other.id));
  EXPECT_FALSE(exists(Role::kEditor, false, "x", me.id));
  EXPECT_FALSE(exists(Role::kAdmin, true, "x", me.id));
  EXPECT_FALSE(exists(Role::kAdmin, false, "", me.id));
}

}  // namespace
}  // namespace mab::storage
