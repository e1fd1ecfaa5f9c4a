#include "admin/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "admin/password.h"
#include "common/error.h"
#include "storage/account_store.h"
#include "storage/testing/migrated_database.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kPassword[] = "correct horse battery";

class SessionPostgresTest : public ::testing::Test {
 protected:
  SessionPostgresTest() { account_ = Insert("ada@example.com", /*disabled=*/false); }

  storage::Account Insert(const std::string& email, bool disabled) {
    storage::Account account{.id = AccountId{Uuid::NewV7(kNow)},
                             .email = email,
                             .role = Role::kEditor,
                             .password_hash = hasher_->Hash(kPassword).value(),
                             .disabled = disabled,
                             .create_time = kNow,
                             .update_time = kNow};
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) {
                      return storage::AccountStore::Insert(db, account);
                    })
                    .ok());
    return account;
  }
  Session Login() {
    absl::StatusOr<Session> session = sessions_.Login("ada@example.com", kPassword);
    EXPECT_TRUE(session.ok()) << session.status();
    return *std::move(session);
  }
  int64_t TokenCount() {
    return pool_.Execute("SELECT count(*) AS n FROM mab.refresh_tokens")->Int(0, "n");
  }
  static void ExpectUnauthenticated(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
    EXPECT_EQ(ErrorReason(status), kReasonUnauthenticated);
  }

  storage::MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
  FakeClock clock_{kNow};
  std::unique_ptr<PasswordHasher> hasher_ =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  AccessTokens tokens_{std::string(32, 's'), &clock_};
  Sessions sessions_{&pool_, hasher_.get(), &tokens_, &clock_};
  storage::Account account_;
};

TEST_F(SessionPostgresTest, TradesAPasswordForTokens) {
  const Session session = Login();
  EXPECT_EQ(session.account.id, account_.id);
  EXPECT_EQ(session.access_lifetime, absl::Minutes(15));
  EXPECT_EQ(session.refresh_token.size(), 43u);
  const absl::StatusOr<Caller> caller = tokens_.Verify(session.access_token);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->account_id, account_.id);
  EXPECT_EQ(caller->role, Role::kEditor);
}

TEST_F(SessionPostgresTest, AnAddressIsTheSameInAnyCase) {
  EXPECT_TRUE(sessions_.Login("ADA@Example.com", kPassword).ok());
}

TEST_F(SessionPostgresTest, SaysTheSameWhateverWasWrong) {
  Insert("gone@example.com", /*disabled=*/true);
  const absl::Status wrong_password = sessions_.Login("ada@example.com", "another one").status();
  ExpectUnauthenticated(wrong_password);
  EXPECT_EQ(sessions_.Login("bob@example.com", kPassword).status(), wrong_password);
  EXPECT_EQ(sessions_.Login("gone@example.com", kPassword).status(), wrong_password);
  EXPECT_EQ(sessions_.Login("no address", kPassword).status(), wrong_password);
  EXPECT_EQ(sessions_.Login(std::string("ada@example.com\0x", 17), kPassword).status(),
            wrong_password);
  EXPECT_EQ(TokenCount(), 0);
}

TEST_F(SessionPostgresTest, NamesTheFieldsOfAnImpossibleSize) {
  const absl::Status status = sessions_.Login("", std::string(kPasswordBytesMax + 1, 'x')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorViolations(status).size(), 2u);
}

TEST_F(SessionPostgresTest, ARefreshTokenIsKeptAsAHashAlone) {
  const Session session = Login();
  const auto rows = pool_.Execute(
      "SELECT count(*) AS n FROM mab.refresh_tokens WHERE position($1::bytea IN token_hash) > 0 "
      "OR octet_length(token_hash) <> 32",
      {PgParam::Bytes(session.refresh_token)});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->Int(0, "n"), 0);
}

TEST_F(SessionPostgresTest, ARefreshTokenWorksOnceAndGivesTheNext) {
  const Session first = Login();
  clock_.Advance(absl::Minutes(15));
  const absl::StatusOr<Session> second = sessions_.Refresh(first.refresh_token);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->refresh_token, first.refresh_token);
  EXPECT_TRUE(tokens_.Verify(second->access_token).ok());
  EXPECT_TRUE(sessions_.Refresh(second->refresh_token).ok());
}

TEST_F(SessionPostgresTest, ASecondUseEndsTheWholeFamily) {
  const Session first = Login();
  const Session other = Login();
  const Session second = sessions_.Refresh(first.refresh_token).value();
  ExpectUnauthenticated(sessions_.Refresh(first.refresh_token).status());
  ExpectUnauthenticated(sessions_.Refresh(second.refresh_token).status());
  EXPECT_TRUE(sessions_.Refresh(other.refresh_token).ok()) << "another sign-in is not concerned";
}

TEST_F(SessionPostgresTest, OfManyAtOnceOneIsServedAndTheFamilyEnds) {
  const Session first = Login();
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  std::vector<std::string> next(6);
  for (size_t i = 0; i < next.size(); ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<Session> session = sessions_.Refresh(first.refresh_token);
      if (!session.ok()) return ExpectUnauthenticated(session.status());
      ++served;
      next[i] = session->refresh_token;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 1);
  for (const std::string& token : next) {
    if (!token.empty()) ExpectUnauthenticated(sessions_.Refresh(token).status());
  }
}

TEST_F(SessionPostgresTest, RefusesWhatIsNoTokenOfOurs) {
  ExpectUnauthenticated(sessions_.Refresh("").status());
  ExpectUnauthenticated(sessions_.Refresh("made up").status());
  ExpectUnauthenticated(sessions_.Refresh(std::string(1'000'000, 'x')).status());
}

TEST_F(SessionPostgresTest, ARefreshTokenExpires) {
  const Session session = Login();
  clock_.Advance(Sessions::kRefreshLifetime);
  ExpectUnauthenticated(sessions_.Refresh(session.refresh_token).status());
}

TEST_F(SessionPostgresTest, ADisabledAccountIsNotRefreshed) {
  const Session session = Login();
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET disabled = true").ok());
  ExpectUnauthenticated(sessions_.Refresh(session.refresh_token).status());
}

TEST_F(SessionPostgresTest, ARefreshFollowsTheAccountsRole) {
  const Session session = Login();
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET role = 'VIEWER'").ok());
  const absl::StatusOr<Session> next = sessions_.Refresh(session.refresh_token);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(tokens_.Verify(next->access_token)->role, Role::kViewer);
}

TEST_F(SessionPostgresTest, LogoutEndsTheSession) {
  const Session first = Login();
  const Session second = sessions_.Refresh(first.refresh_token).value();
  ASSERT_TRUE(sessions_.Logout(second.refresh_token).ok());
  ExpectUnauthenticated(sessions_.Refresh(second.refresh_token).status());
  EXPECT_TRUE(sessions_.Logout(second.refresh_token).ok()) << "twice is no error";
  EXPECT_TRUE(sessions_.Logout("made up").ok());
  EXPECT_TRUE(sessions_.Logout(std::string(1'000'000, 'x')).ok());
}

TEST_F(SessionPostgresTest, ExpiredTokensGoAsSessionsCome) {
  Login();
  Login();
  EXPECT_EQ(TokenCount(), 2);
  clock_.Advance(Sessions::kRefreshLifetime + absl::Seconds(1));
  Login();
  EXPECT_EQ(TokenCount(), 1);
}

}  // namespace
}  // namespace mab::admin
