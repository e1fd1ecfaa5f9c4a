#include "admin/security_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "admin/testing/account_fixture.h"
#include "common/error.h"
#include "common/testing/new_second.h"

namespace mab::admin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SecurityLogPostgresTest : public AccountFixture {
 protected:
  void SetUp() override { WaitForANewSecond(); }
  // What the log says of an attempt to sign in.
  std::string LogOf(const std::string& email, const std::string& password) {
    ::testing::internal::CaptureStdout();
    signed_in_ = sessions_.Login(email, password, "192.0.2.7").ok();
    return ::testing::internal::GetCapturedStdout();
  }

  const storage::Account ada_ = Insert("ada@example.com", Role::kAdmin);
  bool signed_in_ = false;
};

TEST_F(SecurityLogPostgresTest, SaysWhoSignedInFromWhere) {
  EXPECT_THAT(LogOf("ada@example.com", kPassword),
              AllOf(HasSubstr("signed in"), HasSubstr(ada_.id.ToString()), HasSubstr("192.0.2.7"),
                    Not(HasSubstr(kPassword))));
  EXPECT_TRUE(signed_in_);
}

TEST_F(SecurityLogPostgresTest, SaysWhoseSignInFailedAndNotWhatWasTyped) {
  EXPECT_THAT(
      LogOf("ada@example.com", "a guess of mine"),
      AllOf(HasSubstr("a sign-in failed"), HasSubstr(ada_.id.ToString()), HasSubstr("192.0.2.7"),
            Not(HasSubstr("guess")), Not(HasSubstr("example.com"))));
  EXPECT_THAT(LogOf("a-password@example.com", "x"),
              AllOf(HasSubstr("a sign-in failed"), HasSubstr("192.0.2.7"),
                    Not(HasSubstr(ada_.id.ToString())), Not(HasSubstr("a-password"))));
  EXPECT_FALSE(signed_in_);
}

TEST_F(SecurityLogPostgresTest, SaysThatGuessesAreDelayed) {
  std::string log;
  for (int i = 0; i < 6; ++i) log = LogOf("ada@example.com", "a guess");
  EXPECT_THAT(log, AllOf(HasSubstr("a sign-in was delayed"), HasSubstr("192.0.2.7")));
}

TEST(SecurityLogTest, SaysWhichCallWasRefusedWhom) {
  WaitForANewSecond();
  ::testing::internal::CaptureStdout();
  LogRefusedCall("mab.v1.AuditService/ListAuditEntries", "account 0198",
                 PermissionDeniedError("needs the role ADMIN"), std::nullopt);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("a call was refused"), HasSubstr("AuditService/ListAuditEntries"),
                    HasSubstr("account 0198"), HasSubstr("needs the role ADMIN")));
}

TEST(SecurityLogTest, AFloodIsAFewLines) {
  ::testing::internal::CaptureStdout();
  for (int i = 0; i < 10'000; ++i) LogDelayedSignIn("192.0.2.7");
  const std::string log = ::testing::internal::GetCapturedStdout();
  const auto lines = std::count(log.begin(), log.end(), '\n');
  EXPECT_GT(lines, 0);
  EXPECT_LT(lines, 200);
}

TEST(SecurityLogTest, StrangersHideNothingOfThoseWhoAreKnown) {
  WaitForANewSecond();
  ::testing::internal::CaptureStdout();
  for (int i = 0; i < 1000; ++i) {
    LogRefusedCall("m", "", UnauthenticatedError("no"), std::nullopt);
    LogFailedSignIn(std::nullopt, std::nullopt);
  }
  LogRefusedCall("m", "account 0198", PermissionDeniedError("no"), std::nullopt);
  LogFailedSignIn(AccountId{Uuid::NewV7(absl::UnixEpoch())}, std::nullopt);
  const std::string log = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(log, HasSubstr("account 0198"));
  EXPECT_THAT(log, HasSubstr("account_id=\"00000000-0000-7"));
}

}  // namespace
}  // namespace mab::admin
