#include "common/api_key.h"

#include <gtest/gtest.h>

#include "absl/container/flat_hash_set.h"
#include "common/secret.h"

namespace mab {
namespace {

TEST(ApiKeySecretTest, AreNewEachTimeAndOfOneForm) {
  absl::flat_hash_set<std::string> secrets;
  for (int i = 0; i < 1000; ++i) {
    const std::string secret = NewApiKeySecret();
    EXPECT_EQ(secret.size(), 47u);
    EXPECT_TRUE(IsApiKey(secret));
    EXPECT_TRUE(HashApiKeySecret(secret).has_value());
    EXPECT_TRUE(secrets.insert(secret).second);
  }
}

TEST(ApiKeySecretTest, AreKnownByTheirSha256) {
  // printf %s mab_AAAA… | sha256sum
  const std::string secret = "mab_" + std::string(43, 'A');
  EXPECT_EQ(HexEncode(HashApiKeySecret(secret).value()),
            "37ad9d2c74a9a8903837a33cb3365f702394458b9ecea2ead8da454ca6ebc58d");
}

TEST(ApiKeySecretTest, WhatHasAnotherFormIsNobodys) {
  const std::string secret = "mab_" + std::string(43, 'A');
  for (const std::string& other :
       {std::string(), std::string("mab_"), secret.substr(0, 46), secret + "A", secret + "=",
        "Mab_" + std::string(43, 'A'), "mab-" + std::string(43, 'A'),
        "mab_" + std::string(42, 'A') + "+", "mab_" + std::string(42, 'A') + "/",
        "mab_" + std::string(42, 'A') + '\0', "mab_" + std::string(42, 'A') + "\xc3",
        " " + secret.substr(0, 46), std::string(100000, 'm')}) {
    EXPECT_FALSE(HashApiKeySecret(other).has_value()) << other;
  }
  EXPECT_FALSE(IsApiKey("eyJhbGciOiJIUzI1NiJ9.e30.x"));
  EXPECT_TRUE(IsApiKey("mab_"));
}

}  // namespace
}  // namespace mab
