#include "admin/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/password_hasher.h"

namespace mab::admin {
namespace {

using ::testing::SizeIs;
using ::testing::StartsWith;

std::string Hash(const std::string& password) {
  return HashPassword(password, kBcryptCostMin).value();
}

TEST(PasswordTest, FitsItsOwnHashAndNoOther) {
  const std::string hash = Hash("correct horse battery");
  EXPECT_THAT(hash, StartsWith("$2b$10$"));
  EXPECT_THAT(hash, SizeIs(60));
  EXPECT_TRUE(VerifyPassword("correct horse battery", hash));
  EXPECT_FALSE(VerifyPassword("correct horse batterY", hash));
  EXPECT_FALSE(VerifyPassword("", hash));
}

TEST(PasswordTest, HasAnotherHashEachTime) {
  EXPECT_NE(Hash("correct horse battery"), Hash("correct horse battery"));
}

TEST(PasswordTest, CountsEveryByteOfALongPassword) {
  const std::string common(kPasswordBytesMax - 1, 'x');
  const std::string hash = Hash(common + "1");
  EXPECT_TRUE(VerifyPassword(common + "1", hash));
  EXPECT_FALSE(VerifyPassword(common + "2", hash));
  EXPECT_FALSE(VerifyPassword(common.substr(0, 72), hash));
}

TEST(PasswordTest, ANulIsNoEnd) {
  const std::string hash = Hash(std::string("before\0after", 12));
  EXPECT_TRUE(VerifyPassword(std::string("before\0after", 12), hash));
  EXPECT_FALSE(VerifyPassword(std::string("before\0other", 12), hash));
  EXPECT_FALSE(VerifyPassword("before", hash));
}

TEST(PasswordTest, FitsNothingThatIsNoHash) {
  for (const char* hash : {"", "*0", "$2b$", "$2b$10$short", "$1$salt$xxxxxxxxxxxxxxxxxxxxxx",
                           "correct horse battery"}) {
    EXPECT_FALSE(VerifyPassword("correct horse battery", hash)) << hash;
  }
}

// The digest under bcrypt is part of every stored hash, so it must never change. This hash was
// computed elsewhere (Perl: Digest::SHA and crypt).
TEST(PasswordTest, FitsAHashThatWasStoredBefore) {
  EXPECT_TRUE(VerifyPassword("correct horse battery",
                             "$2b$10$abcdefghijklmnopqrstuu5Qhp.kkK5v/.hhpoiHaTkD4ocVbJnL2"));
}

TEST(PasswordHasherTest, FitsNobodysHashWithNoPassword) {
  const auto hasher = PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  EXPECT_EQ(hasher->Verify("", "").value(), false);
  EXPECT_EQ(hasher->Verify("correct horse battery", "").value(), false);
}

TEST(PasswordHasherTest, VerifiesWhatItHashed) {
  const auto hasher = PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin}).value();
  const std::string hash = hasher->Hash("correct horse battery").value();
  EXPECT_EQ(hasher->Verify("correct horse battery", hash).value(), true);
  EXPECT_EQ(hasher->Verify("another password", hash).value(), false);
}

TEST(PasswordTest, KnowsTheCostOfAHash) {
  EXPECT_EQ(PasswordHashCost(Hash("correct horse battery")), kBcryptCostMin);
  EXPECT_EQ(PasswordHashCost("$2b$12$abcdefghijklmnopqrstuu5Qhp.kkK5v"), 12);
  for (const char* hash : {"", "$2b$", "$2b$10", "$2b$1x$", "$2a$10$abc", "$1$salt$x"}) {
    EXPECT_EQ(PasswordHashCost(hash), std::nullopt) << hash;
  }
}

double ThreadCpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Unknown accounts, and hashes of an older, lower cost. A lookup of the hash's cost would be seen
// in a factor of four.
TEST(PasswordHasherTest, DoesTheSameWorkWhateverTheHash) {
  const auto hasher = PasswordHasher::Create({.bcrypt_cost = kBcryptCostMin + 2}).value();
  const std::string today = HashPassword("correct horse battery", kBcryptCostMin + 2).value();
  const std::string older = HashPassword("correct horse battery", kBcryptCostMin).value();
  const auto work = [&](const std::string& hash) {
    double least = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double begun = ThreadCpuSeconds();
      EXPECT_FALSE(hasher->Verify("another password", hash).value());
      least = std::min(least, ThreadCpuSeconds() - begun);
    }
    return least;
  };
  const double expected = work(today);
  for (const std::string& hash : {std::string(), older}) {
    EXPECT_GT(work(hash), expected / 2) << hash;
    EXPECT_LT(work(hash), expected * 2) << hash;
  }
}

TEST(HashesAtOnceTest, LeavesHalfOfTheProcessorsToOthers) {
  // 0: the system does not say.
  for (const auto& [processors, hashes] : std::vector<std::pair<unsigned, int>>{
           {0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 2}, {8, 4}, {64, 4}}) {
    EXPECT_EQ(HashesAtOnce(processors), hashes) << processors;
  }
}

}  // namespace
}  // namespace mab::admin
