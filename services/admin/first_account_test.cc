#include "admin/first_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/password.h"
#include "common/error.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kPassword[] = "correct horse battery";
constexpr char kToken[] = "a token from the set-up link";

class FirstAccountPostgresTest : public ::testing::Test {
 protected:
  int64_t AccountCount() {
    return pool_.Execute("SELECT count(*) AS n FROM mab.accounts")->Int(0, "n");
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url(), .acquire_timeout = absl::Seconds(30)}};
  FakeClock clock_{kNow};
  std::unique_ptr<PasswordHasher> hasher_ =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  FirstAccount first_account_{&pool_, hasher_.get(), &clock_, kToken};
};

TEST_F(FirstAccountPostgresTest, TheLinkMakesAnAdministrator) {
  const auto account = first_account_.SetUp(kToken, "Ada@Example.com", kPassword, std::nullopt);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->email, "ada@example.com");
  EXPECT_EQ(account->role, storage::Role::kAdmin);
  EXPECT_EQ(account->create_time, kNow);
  EXPECT_TRUE(VerifyPassword(kPassword, account->password_hash));
  EXPECT_EQ(AccountCount(), 1);
}

TEST_F(FirstAccountPostgresTest, TheCreationIsOnRecord) {
  const auto account = first_account_.SetUp(kToken, "ada@example.com", kPassword, "203.0.113.7");
  const auto log = pool_.Execute(
      "SELECT account_id, address, action, subject_type, subject_id, after::text AS after "
      "FROM mab.audit_log");
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_EQ(log->rows(), 1);
  EXPECT_EQ(log->GetUuid(0, "account_id"), account->id.uuid);
  EXPECT_EQ(log->Text(0, "address"), "203.0.113.7");
  EXPECT_EQ(log->Text(0, "action"), "account.create");
  EXPECT_EQ(log->Text(0, "subject_type"), "account");
  EXPECT_EQ(log->Text(0, "subject_id"), account->id.ToString());
  EXPECT_THAT(std::string(log->Text(0, "after")), HasSubstr("ada@example.com"));
  EXPECT_THAT(std::string(log->Text(0, "after")), testing::Not(HasSubstr("$2b$")));
}

TEST_F(FirstAccountPostgresTest, TheLinkWorksOnce) {
  ASSERT_TRUE(first_account_.SetUp(kToken, "ada@example.com", kPassword, std::nullopt).ok());
  const absl::Status status =
      first_account_.SetUp(kToken, "eve@example.com", kPassword, std::nullopt).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AccountCount(), 1);
}

TEST_F(FirstAccountPostgresTest, TheLinkNeedsItsToken) {
  for (const std::string& token : {std::string(), std::string("wrong"),
                                   std::string(kToken).substr(1), absl::StrCat(kToken, "x")}) {
    EXPECT_EQ(
        first_account_.SetUp(token, "ada@example.com", kPassword, std::nullopt).status().code(),
        absl::StatusCode::kUnauthenticated);
  }
  FirstAccount closed(&pool_, hasher_.get(), &clock_, "");
  EXPECT_EQ(closed.SetUp("", "ada@example.com", kPassword, std::nullopt).status().code(),
            absl::StatusCode::kFailedPrecondition)
      << "without a token there is no link";
  EXPECT_EQ(AccountCount(), 0);
}

TEST_F(FirstAccountPostgresTest, NamesAllThatIsWrongWithTheCredentials) {
  const absl::Status status = first_account_.SetUp(kToken, "ada", "short", std::nullopt).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorViolations(status).size(), 2u);
  EXPECT_EQ(AccountCount(), 0);
}

TEST_F(FirstAccountPostgresTest, OfManyAtOnceOneMakesTheAccount) {
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string email = absl::StrCat("ada", i, "@example.com");
      const absl::Status status =
          first_account_.SetUp(kToken, email, kPassword, std::nullopt).status();
      if (status.ok()) {
        ++made;
      } else {
        EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(AccountCount(), 1);
}

TEST_F(FirstAccountPostgresTest, TheConfigurationMakesOneWhereThereIsNone) {
  ASSERT_TRUE(first_account_.Ensure("ada@example.com", kPassword).ok());
  EXPECT_EQ(AccountCount(), 1);
  ASSERT_TRUE(first_account_.Ensure("eve@example.com", kPassword).ok());
  EXPECT_EQ(AccountCount(), 1);
}

}  // namespace
}  // namespace mab::admin
