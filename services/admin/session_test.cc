#include "admin/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "admin/password.h"
#include "admin/testing/account_fixture.h"
#include "common/error.h"

namespace mab::admin {
namespace {

class SessionPostgresTest : public AccountFixture {
 protected:
  Session Login() {
    absl::StatusOr<Session> session = sessions_.Login("ada@example.com", kPassword, std::nullopt);
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

  const storage::Account account_ = Insert("ada@example.com", Role::kEditor);
};

TEST_F(SessionPostgresTest, TradesAPasswordForTokens) {
  const Session session = Login();
  EXPECT_EQ(session.account.id, account_.id);
  EXPECT_EQ(session.access_lifetime, absl::Minutes(15));
  EXPECT_EQ(session.refresh_token.size(), 43u);
  const absl::StatusOr<TokenSubject> subject = tokens_.Verify(session.access_token);
  ASSERT_TRUE(subject.ok()) << subject.status();
  EXPECT_EQ(subject->account_id, account_.id);
  EXPECT_FALSE(subject->session_id.IsNil());
}

TEST_F(SessionPostgresTest, AnAddressIsTheSameInAnyCase) {
  EXPECT_TRUE(sessions_.Login("ADA@Example.com", kPassword, std::nullopt).ok());
}

TEST_F(SessionPostgresTest, SaysTheSameWhateverWasWrong) {
  const storage::Account gone = Insert("gone@example.com", Role::kEditor);
  ASSERT_TRUE(
      pool_.Execute("UPDATE mab.accounts SET disabled = true WHERE id = $1", {gone.id}).ok());
  const absl::Status wrong_password =
      sessions_.Login("ada@example.com", "another one", std::nullopt).status();
  ExpectUnauthenticated(wrong_password);
  EXPECT_EQ(sessions_.Login("bob@example.com", kPassword, std::nullopt).status(), wrong_password);
  EXPECT_EQ(sessions_.Login("gone@example.com", kPassword, std::nullopt).status(), wrong_password);
  EXPECT_EQ(sessions_.Login("no address", kPassword, std::nullopt).status(), wrong_password);
  EXPECT_EQ(
      sessions_.Login(std::string("ada@example.com\0x", 17), kPassword, std::nullopt).status(),
      wrong_password);
  EXPECT_EQ(TokenCount(), 0);
}

TEST_F(SessionPostgresTest, NamesTheFieldsOfAnImpossibleSize) {
  const absl::Status status =
      sessions_.Login("", std::string(kPasswordBytesMax + 1, 'x'), std::nullopt).status();
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
  const absl::StatusOr<Session> second = sessions_.Refresh(first.refresh_token, std::nullopt);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->refresh_token, first.refresh_token);
  EXPECT_TRUE(tokens_.Verify(second->access_token).ok());
  EXPECT_TRUE(sessions_.Refresh(second->refresh_token, std::nullopt).ok());
}

TEST_F(SessionPostgresTest, ASecondUseEndsTheWholeFamily) {
  const Session first = Login();
  const Session other = Login();
  const Session second = sessions_.Refresh(first.refresh_token, std::nullopt).value();
  ExpectUnauthenticated(sessions_.Refresh(first.refresh_token, std::nullopt).status());
  ExpectUnauthenticated(sessions_.Refresh(second.refresh_token, std::nullopt).status());
  EXPECT_TRUE(sessions_.Refresh(other.refresh_token, std::nullopt).ok())
      << "another sign-in is not concerned";
}

TEST_F(SessionPostgresTest, OfManyAtOnceOneIsServedAndTheFamilyEnds) {
  const Session first = Login();
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  std::vector<std::string> next(6);
  for (size_t i = 0; i < next.size(); ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<Session> session = sessions_.Refresh(first.refresh_token, std::nullopt);
      if (!session.ok()) return ExpectUnauthenticated(session.status());
      ++served;
      next[i] = session->refresh_token;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 1);
  for (const std::string& token : next) {
    if (!token.empty()) ExpectUnauthenticated(sessions_.Refresh(token, std::nullopt).status());
  }
}

TEST_F(SessionPostgresTest, RefusesWhatIsNoTokenOfOurs) {
  ExpectUnauthenticated(sessions_.Refresh("", std::nullopt).status());
  ExpectUnauthenticated(sessions_.Refresh("made up", std::nullopt).status());
  ExpectUnauthenticated(sessions_.Refresh(std::string(1'000'000, 'x'), std::nullopt).status());
}

TEST_F(SessionPostgresTest, ARefreshTokenExpires) {
  const Session session = Login();
  clock_.Advance(Sessions::kRefreshLifetime);
  ExpectUnauthenticated(sessions_.Refresh(session.refresh_token, std::nullopt).status());
}

TEST_F(SessionPostgresTest, ADisabledAccountIsNotRefreshed) {
  const Session session = Login();
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET disabled = true").ok());
  ExpectUnauthenticated(sessions_.Refresh(session.refresh_token, std::nullopt).status());
}

TEST_F(SessionPostgresTest, ARefreshFollowsTheAccountsRole) {
  const Session session = Login();
  ASSERT_TRUE(pool_.Execute("UPDATE mab.accounts SET role = 'VIEWER'").ok());
  const absl::StatusOr<Session> next = sessions_.Refresh(session.refresh_token, std::nullopt);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->account.role, storage::Role::kViewer);
}

TEST_F(SessionPostgresTest, LogoutEndsTheSession) {
  const Session first = Login();
  const Session second = sessions_.Refresh(first.refresh_token, std::nullopt).value();
  ASSERT_TRUE(sessions_.Logout(second.refresh_token).ok());
  ExpectUnauthenticated(sessions_.Refresh(second.refresh_token, std::nullopt).status());
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

TEST_F(SessionPostgresTest, HashesAnewWhereTheCostChanged) {
  const std::unique_ptr<PasswordHasher> costly =
      PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin + 1}).value();
  Sessions sessions(&pool_, costly.get(), &delays_, &tokens_, &clock_);
  // Of sign-ins at once each succeeds, whoever hashes anew.
  std::atomic<int> signed_in = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (sessions.Login("ada@example.com", kPassword, std::nullopt).ok()) ++signed_in;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(signed_in, 4);
  const auto hash = [&] {
    return std::string(
        pool_.Execute("SELECT password_hash FROM mab.accounts")->Text(0, "password_hash"));
  };
  const std::string rehashed = hash();
  EXPECT_EQ(PasswordHashCost(rehashed), kBcryptCostMin + 1);
  EXPECT_TRUE(sessions.Login("ada@example.com", kPassword, std::nullopt).ok());
  EXPECT_EQ(hash(), rehashed);
  // And back, where the cost was lowered.
  Login();
  EXPECT_EQ(PasswordHashCost(hash()), kBcryptCostMin);
}

TEST_F(SessionPostgresTest, WrongPasswordsAreDelayedAndWhoeverIsElsewhereIsNot) {
  const std::string address = "203.0.113.7";
  for (const char* email : {"ada@example.com", "nobody@example.com"}) {
    for (int i = 0; i < 5; ++i) {
      ExpectUnauthenticated(sessions_.Login(email, "another one", address).status());
    }
    const absl::Status status = sessions_.Login(email, kPassword, address).status();
    EXPECT_EQ(ErrorReason(status), kReasonRateLimited);
    EXPECT_EQ(ErrorRetryAfter(status), std::chrono::seconds(1));
  }
  EXPECT_TRUE(sessions_.Login("ada@example.com", kPassword, "203.0.113.8").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(sessions_.Login("ada@example.com", kPassword, address).ok());
}

TEST_F(SessionPostgresTest, ASessionEndsAfterNinetyDaysHoweverItIsUsed) {
  Session session = Login();
  const absl::Time begin = clock_.Now();
  const absl::Duration step = absl::Hours(24 * 29);
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(step);
    session = sessions_.Refresh(session.refresh_token, std::nullopt).value();
  }
  clock_.Advance(begin + Sessions::kSessionLifetime - clock_.Now() - absl::Seconds(1));
  session = sessions_.Refresh(session.refresh_token, std::nullopt).value();
  clock_.Advance(absl::Seconds(2));
  ExpectUnauthenticated(sessions_.Refresh(session.refresh_token, std::nullopt).status());
}

TEST_F(SessionPostgresTest, OfTooManySessionsTheOneThatWasUsedLeastRecentlyEnds) {
  Session first = Login();
  clock_.Advance(absl::Minutes(1));
  const Session second = Login();
  clock_.Advance(absl::Minutes(1));
  first = sessions_.Refresh(first.refresh_token, std::nullopt).value();
  clock_.Advance(absl::Minutes(1));
  std::vector<Session> others;
  for (int i = 2; i < Sessions::kSessionsMax; ++i) {
    others.push_back(sessions_.Open(account_, std::nullopt).value());
  }
  clock_.Advance(absl::Minutes(1));
  const Session last = sessions_.Open(account_, std::nullopt).value();
  ExpectUnauthenticated(sessions_.Refresh(second.refresh_token, std::nullopt).status());
  EXPECT_TRUE(sessions_.Refresh(first.refresh_token, std::nullopt).ok());
  EXPECT_TRUE(sessions_.Refresh(last.refresh_token, std::nullopt).ok());
  for (const Session& other : others) {
    EXPECT_TRUE(sessions_.Refresh(other.refresh_token, std::nullopt).ok());
  }
}

TEST_F(SessionPostgresTest, WhoSignedInFromHereBeforeDoesNotWaitBehindStrangers) {
  ASSERT_TRUE(sessions_.Login("ada@example.com", kPassword, "192.0.2.1").ok());
  // As after a restart: what is known is in the sessions.
  LoginDelays delays{{}, &clock_};
  const auto hasher =
      PasswordHasher::Create(
          {.bcrypt_cost = kBcryptCostMin, .concurrent_max = 1, .waiting_max = 2, .reserved = 2})
          .value();
  Sessions restarted{&pool_, hasher.get(), &delays, &tokens_, &clock_};
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  std::vector<std::thread> strangers;
  for (int i = 0; i < 4; ++i) {
    strangers.emplace_back([&, i] {
      for (int n = 0; !stop; ++n) {
        const absl::Status status = restarted
                                        .Login(absl::StrCat("x", i, "-", n, "@example.com"),
                                               "a guess", absl::StrCat("198.51.", i, ".", n % 256))
                                        .status();
        if (ErrorReason(status) == kReasonOverloaded) ++refused;
      }
    });
  }
  while (refused < 5) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(restarted.Login("ada@example.com", kPassword, "192.0.2.1").ok());
  }
  stop = true;
  for (std::thread& stranger : strangers) stranger.join();
}

}  // namespace
}  // namespace mab::admin
