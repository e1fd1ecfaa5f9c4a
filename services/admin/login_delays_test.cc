#include "admin/login_delays.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kAda[] = "ada@example.com";
constexpr char kHome[] = "203.0.113.7";

class LoginDelaysTest : public ::testing::Test {
 protected:
  // The wait of an attempt, which fails where it is let in. Zero: it was let in.
  absl::Duration Fail(const std::string& email, const std::string& address) {
    const absl::StatusOr<LoginDelays::Attempt> attempt = delays_.Begin(email, address);
    if (attempt.ok()) return absl::ZeroDuration();
    EXPECT_EQ(attempt.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ErrorReason(attempt.status()), kReasonRateLimited);
    return absl::FromChrono(ErrorRetryAfter(attempt.status()).value());
  }
  bool SignIn(const std::string& email, const std::string& address) {
    absl::StatusOr<LoginDelays::Attempt> attempt = delays_.Begin(email, address);
    if (attempt.ok()) attempt->Succeeded();
    return attempt.ok();
  }
  // As often as it is let in at once.
  void FailUntilDelayed(const std::string& email, const std::string& address) {
    for (int i = 0; i < 1000 && Fail(email, address) == absl::ZeroDuration(); ++i) {
    }
  }

  FakeClock clock_{kNow};
  LoginDelays delays_{{}, &clock_};
};

TEST_F(LoginDelaysTest, DelaysDoubleFromTheFifthFailureOn) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration()) << i;
  for (int seconds = 1; seconds <= 512; seconds *= 2) {
    EXPECT_EQ(Fail(kAda, kHome), absl::Seconds(seconds));
    clock_.Advance(absl::Seconds(seconds) - absl::Milliseconds(1));
    EXPECT_EQ(Fail(kAda, kHome), absl::Milliseconds(1));
    clock_.Advance(absl::Milliseconds(1));
    EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration());
  }
  // And are never longer than a quarter of an hour.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Fail(kAda, kHome), absl::Minutes(15));
    clock_.Advance(absl::Minutes(15));
    EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration());
  }
}

TEST_F(LoginDelaysTest, AnAddressInAnyCaseIsOneAccount) {
  FailUntilDelayed("ADA@example.com", kHome);
  EXPECT_GT(Fail("ada@Example.com", kHome), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, FailuresAreForgottenAfterAnHour) {
  FailUntilDelayed(kAda, kHome);
  clock_.Advance(absl::Hours(1));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration()) << i;
  EXPECT_GT(Fail(kAda, kHome), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, ASignInForgetsTheFailuresBeforeIt) {
  for (int i = 0; i < 4; ++i) Fail(kAda, kHome);
  EXPECT_TRUE(SignIn(kAda, kHome));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration()) << i;
}

TEST_F(LoginDelaysTest, OthersFailuresHoldNobodyUp) {
  EXPECT_TRUE(SignIn(kAda, kHome));
  for (int i = 0; i < 300; ++i) FailUntilDelayed(kAda, absl::StrCat("198.51.100.", i % 250));
  // Where she has signed in before, where she never has, and again there.
  EXPECT_TRUE(SignIn(kAda, kHome));
  EXPECT_TRUE(SignIn(kAda, "192.0.2.1"));
  EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration());
  EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, ManyAddressesThatGuessAtOneAccountAreSlow) {
  for (int i = 0; i < 20; ++i) Fail(kAda, absl::StrCat("198.51.100.", i));
  // The second guess of each waits for all of them.
  for (int i = 0; i < 20; ++i) {
    EXPECT_GT(Fail(kAda, absl::StrCat("198.51.100.", i)), absl::ZeroDuration()) << i;
  }
}

TEST_F(LoginDelaysTest, OneAddressThatTriesManyAccountsIsSlow) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Fail(absl::StrCat("someone", i, "@example.com"), kHome), absl::ZeroDuration()) << i;
  }
  EXPECT_EQ(Fail("another@example.com", kHome), absl::Seconds(1));
  // Not so who has signed in from there, and not so another address.
  EXPECT_TRUE(SignIn("another@example.com", "203.0.113.8"));
  delays_.Know(kAda, kHome);
  EXPECT_TRUE(SignIn(kAda, kHome));
  EXPECT_GT(Fail("another@example.com", kHome), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, SigningInToTheOwnAccountBuysNoGuessesAtOthers) {
  for (int i = 0; i < 50; ++i) {
    Fail(absl::StrCat("someone", i, "@example.com"), kHome);
    EXPECT_TRUE(SignIn("mallory@example.com", kHome));
  }
  EXPECT_GT(Fail("another@example.com", kHome), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, ASlash64IsOneAddress) {
  for (int i = 0; i < 5; ++i) Fail(kAda, absl::StrCat("2001:db8::", i + 1));
  EXPECT_GT(Fail(kAda, "2001:db8:0:0:ffff::1"), absl::ZeroDuration());
  EXPECT_EQ(Fail(kAda, "2001:db8:0:1::1"), absl::ZeroDuration());
}

TEST_F(LoginDelaysTest, WhatNobodyLookedAtIsNoFailure) {
  for (int i = 0; i < 100; ++i) {
    absl::StatusOr<LoginDelays::Attempt> attempt = delays_.Begin(kAda, kHome);
    ASSERT_TRUE(attempt.ok()) << i;
    attempt->Withdraw();
  }
}

TEST_F(LoginDelaysTest, WithoutAnAddressNothingIsDelayedAndNothingKept) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(delays_.Begin(kAda, std::nullopt).ok());
  delays_.Know(kAda, std::nullopt);
  EXPECT_EQ(delays_.size(), 0u);
}

TEST_F(LoginDelaysTest, OfManyAttemptsAtOnceNoMoreAreLetInThanInARow) {
  std::atomic<int> let_in = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        if (delays_.Begin(kAda, std::string(kHome)).ok()) ++let_in;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, 5);
}

TEST_F(LoginDelaysTest, AClockThatIsSetBackMakesNoWaitLonger) {
  FailUntilDelayed(kAda, kHome);
  clock_.Advance(-absl::Hours(5));
  EXPECT_EQ(Fail(kAda, kHome), absl::Seconds(1));
  clock_.Advance(absl::Hours(6));
  EXPECT_EQ(Fail(kAda, kHome), absl::ZeroDuration());
}

TEST(LoginDelaysLimitTest, KeepsABoundedNumberOfKeys) {
  FakeClock clock(kNow);
  LoginDelays delays({.pairs_max = 10, .addresses_max = 10, .accounts_max = 10, .known_max = 10},
                     &clock);
  for (int i = 0; i < 1000; ++i) {
    const std::string address = absl::StrCat("198.51.", i / 250, ".", i % 250);
    const std::string email = absl::StrCat("someone", i, "@example.com");
    EXPECT_TRUE(delays.Begin(email, address).ok());
    delays.Know(absl::StrCat("known", i, "@example.com"), address);
    EXPECT_LE(delays.size(), 40u);
  }
  EXPECT_EQ(delays.size(), 40u);
}

}  // namespace
}  // namespace mab::admin
