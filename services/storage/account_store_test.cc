#include "storage/account_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

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
    EXPECT_TRUE(AccountStore::LockForInsert(db).ok());
    EXPECT_FALSE(AccountStore::AnyExists(db).value());
    return AccountStore::Insert(db, MakeAccount("a@b.c"));
  });
  Transaction([](PgConnection& db) -> absl::Status {
    EXPECT_TRUE(AccountStore::AnyExists(db).value());
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace mab::storage
