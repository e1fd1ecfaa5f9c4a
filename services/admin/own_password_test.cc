#include "admin/own_password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "admin/testing/account_fixture.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

class OwnPasswordPostgresTest : public AccountFixture {
 protected:
  static void ExpectViolation(const absl::Status& status, const char* field) {
    ASSERT_EQ(ErrorViolations(status).size(), 1u) << status;
    EXPECT_EQ(ErrorViolations(status)[0].field, field) << status;
  }

  const storage::Account ada_ = Insert("ada@example.com", Role::kAdmin);
  const Caller here_ = SignIn(ada_);
  const Caller elsewhere_ = SignIn(ada_);
};

TEST_F(OwnPasswordPostgresTest, AChangeEndsTheOtherSessions) {
  const absl::Status status = own_password_.Change(here_, kPassword, kNewPassword);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Lives(here_));
  EXPECT_FALSE(Lives(elsewhere_));
  EXPECT_FALSE(CanSignIn("ada@example.com", kPassword));
  EXPECT_TRUE(CanSignIn("ada@example.com", kNewPassword));
  EXPECT_THAT(Audit(), Contains(HasSubstr("203.0.113.4 account.change_password")));
  EXPECT_THAT(Audit(), Each(Not(HasSubstr("purple"))));
}

TEST_F(OwnPasswordPostgresTest, RefusesWhatIsNoChange) {
  ExpectViolation(own_password_.Change(here_, "wrong password!", kNewPassword), "current_password");
  ExpectViolation(own_password_.Change(here_, "", kNewPassword), "current_password");
  ExpectViolation(own_password_.Change(here_, kPassword, "short"), "new_password");
  ExpectViolation(own_password_.Change(here_, kPassword, "password1234"), "new_password");
  ExpectViolation(own_password_.Change(here_, kPassword, kPassword), "new_password");
  EXPECT_TRUE(Lives(elsewhere_));
  EXPECT_TRUE(CanSignIn("ada@example.com", kPassword));
}

TEST_F(OwnPasswordPostgresTest, GuessesAtTheCurrentPasswordAreDelayed) {
  const std::string address = "203.0.113.7";
  absl::Status status;
  Caller guesser = here_;
  guesser.address = address;
  for (int i = 0; i < 6; ++i) {
    status = own_password_.Change(guesser, "wrong password!", kNewPassword);
  }
  EXPECT_EQ(ErrorReason(status), kReasonRateLimited);
  // And so is the sign-in from there, but from nowhere else.
  EXPECT_EQ(ErrorReason(sessions_.Login("ada@example.com", kPassword, address).status()),
            kReasonRateLimited);
  EXPECT_TRUE(sessions_.Login("ada@example.com", kPassword, "203.0.113.8").ok());
}

TEST_F(OwnPasswordPostgresTest, OfManyUsesOfALinkAtOnceOneSetsThePassword) {
  const storage::Account bob = Insert("bob@example.com", Role::kViewer);
  const IssuedLink link = accounts_.ResetPassword(here_, bob.id).value();
  std::atomic<int> set = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const std::string password = "nine purple llamas " + std::to_string(i);
      if (own_password_.SetByLink(link.token, password, std::nullopt).ok()) ++set;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(set, 1);
}

TEST_F(OwnPasswordPostgresTest, ABadPasswordLeavesTheLinkGood) {
  const storage::Account bob = Insert("bob@example.com", Role::kViewer);
  const IssuedLink link = accounts_.ResetPassword(here_, bob.id).value();
  ExpectViolation(own_password_.SetByLink(link.token, "short", std::nullopt).status(), "password");
  ExpectViolation(own_password_.SetByLink(link.token, "bob@example.com", std::nullopt).status(),
                  "password");
  EXPECT_TRUE(own_password_.SetByLink(link.token, kNewPassword, std::nullopt).ok());
}

TEST_F(OwnPasswordPostgresTest, RefusesATokenThatIsNone) {
  for (const std::string& token : {std::string(), std::string("x"), std::string(1'000'000, 'x')}) {
    EXPECT_EQ(ErrorReason(own_password_.SetByLink(token, kNewPassword, std::nullopt).status()),
              kReasonLinkNotFound);
  }
}

}  // namespace
}  // namespace mab::admin
