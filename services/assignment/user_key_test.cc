#include "assignment/user_key.h"

#include <gtest/gtest.h>

#include <string>

namespace mab::assignment {
namespace {

TEST(UserKeyTest, TheFingerprintTellsKeysApartAndIsNoUsersHash) {
  const UserKey key(std::string(16, 'k'));
  const UserKey other(std::string(16, 'l'));
  EXPECT_NE(key.fingerprint(), other.fingerprint());
  EXPECT_EQ(key.fingerprint(), UserKey(std::string(16, 'k')).fingerprint());
  EXPECT_EQ(key.fingerprint().size(), 32u);
}

}  // namespace
}  // namespace mab::assignment
