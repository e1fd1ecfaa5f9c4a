#include "bandit/user_hash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "absl/strings/escaping.h"

namespace mab::bandit {
namespace {

std::string ReferenceKey() {
  std::string key(16, '\0');
  std::iota(key.begin(), key.end(), '\0');
  return key;
}

std::string Hex(const UserHash& user) { return absl::BytesToHexString(user.AsBytes()); }

// vectors_sip128 of the reference implementation: key 00 01 … 0f, message of n bytes 00 01 ….
TEST(UserHashTest, IsSipHash24With128Bits) {
  EXPECT_EQ(Hex(HashUser(ReferenceKey(), "")), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(Hex(HashUser(ReferenceKey(), absl::string_view("\0", 1))),
            "da87c1d86b99af44347659119b22fc45");
}

TEST(UserHashTest, DependsOnTheKeyAndOnEveryByteOfTheId) {
  std::string other_key = ReferenceKey();
  other_key[15] ^= 1;
  EXPECT_NE(HashUser(ReferenceKey(), "visitor-42"), HashUser(other_key, "visitor-42"));
  EXPECT_NE(HashUser(ReferenceKey(), "visitor-42"), HashUser(ReferenceKey(), "visitor-43"));
  EXPECT_NE(HashUser(ReferenceKey(), std::string("a\0b", 3)),
            HashUser(ReferenceKey(), std::string("a\0c", 3)));
}

}  // namespace
}  // namespace mab::bandit
