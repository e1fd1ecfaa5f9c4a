#include "common/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"

namespace mab {
namespace {

TEST(SecretTest, RandomBytesAreAsManyAsAskedForAndDiffer) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(33).size(), 33u);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

TEST(SecretTest, ATokenIs43UrlSafeCharacters) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const std::string token = RandomToken();
    EXPECT_EQ(token.size(), 43u);
    EXPECT_TRUE(std::all_of(token.begin(), token.end(), [](unsigned char c) {
      return absl::ascii_isalnum(c) || c == '-' || c == '_';
    })) << token;
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100u);
}

// The values of hashlib.blake2b(text, digest_size=32) of Python.
TEST(SecretTest, HashTokenIsBlake2b256) {
  EXPECT_EQ(HexEncode(HashToken("")),
            "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(HexEncode(HashToken("abc")),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

// FIPS 180-4's examples.
TEST(SecretTest, Sha256) {
  EXPECT_EQ(HexEncode(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// vectors_sip128 of the reference implementation: key 00 … 0f, message 00 … (n - 1).
TEST(SecretTest, SipHash128FollowsTheReferenceVectors) {
  std::string key;
  for (char i = 0; i < 16; ++i) key.push_back(i);
  EXPECT_EQ(HexEncode(SipHash128(key, "")), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(HexEncode(SipHash128(key, std::string(1, '\0'))), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(HexEncode(SipHash128(key, key.substr(0, 15))), "5493e99933b0a8117e08ec0f97cfc3d9");
}

TEST(SecretDeathTest, SipHash128NeedsAKeyOf16Bytes) {
  EXPECT_DEATH(SipHash128("short", "message"), "");
}

TEST(SecretTest, ComparesWholeTexts) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("secret", "secret"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secres"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "Secret"));
  EXPECT_FALSE(ConstantTimeEquals("secret", "secret1"));
  EXPECT_FALSE(ConstantTimeEquals("", "x"));
}

TEST(SecretTest, HexComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(*HexDecode(HexEncode(all)), all);
  EXPECT_EQ(HexEncode("\x0f\xf0"), "0ff0");
  EXPECT_EQ(*HexDecode("0Ff0"), "\x0f\xf0");
  EXPECT_EQ(*HexDecode(""), "");
}

TEST(SecretTest, RefusesWhatIsNotHex) {
  for (const char* text : {"0", "0g", "g0", " 0", "0x00", "--"}) {
    EXPECT_EQ(HexDecode(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace mab
