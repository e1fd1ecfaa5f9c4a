#include "storage/user_key.h"

#include <gtest/gtest.h>

#include <string>

namespace mab::storage {
namespace {

TEST(UserKeyTest, TheFingerprintTellsKeysApartAndIsNoUsersHash) {
  const UserKey key(std::string(16, 'k'));
  const UserKey other(std::string(16, 'l'));
  EXPECT_NE(key.fingerprint(), other.fingerprint());
  EXPECT_EQ(key.fingerprint(), UserKey(std::string(16, 'k')).fingerprint());
  EXPECT_EQ(key.fingerprint().size(), 32u);
}

TEST(UserKeyTest, AnotherKeyIsRefusedByName) {
  EXPECT_TRUE(CheckKeyFingerprint("aa", "aa", "this database").ok());
  const absl::Status refused = CheckKeyFingerprint("aa", "bb", "this database");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_NE(refused.message().find("MAB_USER_HASH_KEY"), absl::string_view::npos);
}

}  // namespace
}  // namespace mab::storage
