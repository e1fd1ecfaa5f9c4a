#include "admin/access_token.h"

#include <gtest/gtest.h>
#include <jwt.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/error.h"

namespace mab::admin {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const std::string kSecret(32, 's');

class AccessTokenTest : public ::testing::Test {
 protected:
  std::string Issue() { return tokens_.Issue(subject_).value(); }

  void ExpectRefused(const std::string& token) {
    const absl::Status status = tokens_.Verify(token).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << token;
    EXPECT_EQ(ErrorReason(status), kReasonUnauthenticated);
  }

  // A token like ours, but for what `change` does to it.
  std::string Forge(
      jwt_alg_t algorithm, const std::string& secret,
      const std::function<void(jwt_t*)>& change = [](jwt_t*) {}) {
    jwt_t* jwt = nullptr;
    EXPECT_EQ(jwt_new(&jwt), 0);
    const auto* key = reinterpret_cast<const unsigned char*>(secret.data());
    const bool is_signed = algorithm != JWT_ALG_NONE;
    EXPECT_EQ(jwt_set_alg(jwt, algorithm, is_signed ? key : nullptr,
                          is_signed ? static_cast<int>(secret.size()) : 0),
              0);
    EXPECT_EQ(jwt_add_header(jwt, "kid", AccessTokens::KeyId(kSecret).c_str()), 0);
    const long now = absl::ToUnixSeconds(kNow);
    for (const auto& [name, value] : {std::pair<const char*, std::string>("iss", "mab"),
                                      {"aud", "mab"},
                                      {"sub", subject_.account_id.ToString()},
                                      {"sid", subject_.session_id.ToString()}}) {
      EXPECT_EQ(jwt_add_grant(jwt, name, value.c_str()), 0);
    }
    EXPECT_EQ(jwt_add_grant_int(jwt, "nbf", now), 0);
    EXPECT_EQ(jwt_add_grant_int(jwt, "exp", now + 900), 0);
    change(jwt);
    char* text = jwt_encode_str(jwt);
    std::string token = text;
    std::free(text);
    jwt_free(jwt);
    return token;
  }
  std::string ForgeClaim(const char* name, const char* value) {
    return Forge(JWT_ALG_HS256, kSecret, [&](jwt_t* jwt) {
      EXPECT_EQ(jwt_del_grants(jwt, name), 0);
      if (value != nullptr) {
        EXPECT_EQ(jwt_add_grant(jwt, name, value), 0);
      }
    });
  }

  FakeClock clock_{kNow};
  AccessTokens tokens_{{.secret = kSecret, .previous_secret = ""}, &clock_};
  const TokenSubject subject_{.account_id = AccountId{Uuid::NewV7(kNow)},
                              .session_id = Uuid::NewV7(kNow)};
};

TEST_F(AccessTokenTest, SaysWhoItWasIssuedTo) {
  const absl::StatusOr<TokenSubject> subject = tokens_.Verify(Issue());
  ASSERT_TRUE(subject.ok()) << subject.status();
  EXPECT_EQ(subject->account_id, subject_.account_id);
  EXPECT_EQ(subject->session_id, subject_.session_id);
}

TEST_F(AccessTokenTest, BearsTheClaimsThatOthersExpect) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  ASSERT_EQ(parts.size(), 3u);
  std::string header, claims;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[0], &header));
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[1], &claims));
  EXPECT_NE(header.find(R"("alg":"HS256")"), std::string::npos) << header;
  for (const char* claim : {R"("iss":"mab")", R"("aud":"mab")", R"("sid":")", R"("iat":1800000000)",
                            R"("nbf":1799999995)", R"("exp":1800000900)", R"("jti":")"}) {
    EXPECT_NE(claims.find(claim), std::string::npos) << claims;
  }
  EXPECT_NE(header.find(absl::StrCat(R"("kid":")", AccessTokens::KeyId(kSecret), R"(")")),
            std::string::npos)
      << header;
  // It is looked up, and no token is a place for an address.
  EXPECT_EQ(claims.find("role"), std::string::npos);
  EXPECT_EQ(claims.find("email"), std::string::npos);
  EXPECT_NE(Issue(), Issue()) << "each has an id of its own";
}

TEST_F(AccessTokenTest, ExpiresToTheSecondWithoutLeeway) {
  const std::string token = Issue();
  clock_.Advance(AccessTokens::kLifetime - absl::Milliseconds(1));
  EXPECT_TRUE(tokens_.Verify(token).ok());
  clock_.Advance(absl::Milliseconds(1));
  ExpectRefused(token);
}

TEST_F(AccessTokenTest, IsNotGoodBeforeItsTime) {
  const std::string token = Issue();
  clock_.Advance(-absl::Seconds(5));
  EXPECT_TRUE(tokens_.Verify(token).ok()) << "clocks differ a little";
  clock_.Advance(-absl::Milliseconds(1));
  ExpectRefused(token);
}

TEST_F(AccessTokenTest, AcceptsAForgeryOnlyWhereItIsNone) {
  // The forger below makes tokens like ours, so what the next tests refuse is refused for what they
  // change.
  EXPECT_TRUE(tokens_.Verify(Forge(JWT_ALG_HS256, kSecret)).ok());
}

TEST_F(AccessTokenTest, RefusesAnotherSecret) {
  ExpectRefused(Forge(JWT_ALG_HS256, std::string(32, 't')));
  const AccessTokens others({.secret = std::string(32, 't'), .previous_secret = ""}, &clock_);
  ExpectRefused(others.Issue(subject_).value());
}

TEST_F(AccessTokenTest, RefusesEveryOtherAlgorithm) {
  ExpectRefused(Forge(JWT_ALG_NONE, ""));
  ExpectRefused(Forge(JWT_ALG_HS384, kSecret));
  ExpectRefused(Forge(JWT_ALG_HS512, kSecret));
}

TEST_F(AccessTokenTest, RefusesAlgNoneWithOurClaims) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  for (const char* algorithm : {"none", "None", "NONE", ""}) {
    const std::string header =
        absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":")", algorithm, R"(","typ":"JWT"})"));
    ExpectRefused(absl::StrCat(header, ".", parts[1], "."));
    ExpectRefused(absl::StrCat(header, ".", parts[1], ".", parts[2]));
    ExpectRefused(absl::StrCat(header, ".", parts[1]));
  }
}

TEST_F(AccessTokenTest, RefusesAnotherIssuerOrAudience) {
  ExpectRefused(ForgeClaim("iss", "somebody"));
  ExpectRefused(ForgeClaim("iss", nullptr));
  ExpectRefused(ForgeClaim("aud", "something"));
  ExpectRefused(ForgeClaim("aud", nullptr));
}

TEST_F(AccessTokenTest, RefusesMissingOrMalformedClaims) {
  for (const char* name : {"exp", "nbf", "sub", "sid"}) {
    ExpectRefused(ForgeClaim(name, nullptr));
    ExpectRefused(ForgeClaim(name, "soon"));
  }
}

TEST_F(AccessTokenTest, RefusesClaimsThatWereChangedAfterSigning) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  std::string claims;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[1], &claims));
  const std::string promoted =
      absl::StrReplaceAll(claims, {{subject_.account_id.ToString(), Uuid::NewV7(kNow).ToString()}});
  ASSERT_NE(promoted, claims);
  ExpectRefused(absl::StrCat(parts[0], ".", absl::WebSafeBase64Escape(promoted), ".", parts[2]));
}

TEST_F(AccessTokenTest, RefusesWhatIsNoToken) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  for (const std::string& text :
       {parts[0], absl::StrCat(parts[0], ".", parts[1]), absl::StrCat(parts[0], ".", parts[1], "."),
        absl::StrCat(parts[0], "..", parts[2]), absl::StrCat(parts[0], parts[1], parts[2]),
        absl::StrCat(Issue(), ".", parts[2])}) {
    ExpectRefused(text);
  }
  for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30.e30", "Bearer"}) {
    ExpectRefused(text);
  }
  ExpectRefused(Issue() + "x");
  ExpectRefused(std::string(1'000'000, 'a'));
  ExpectRefused(Issue() + std::string(5000, '='));
  ExpectRefused(Issue() + std::string(1, '\0') + "x");
}

TEST_F(AccessTokenTest, TakesNoMoreThan8KiB) {
  const auto padded = [&](size_t bytes) {
    return Forge(JWT_ALG_HS256, kSecret, [&](jwt_t* jwt) {
      EXPECT_EQ(jwt_add_grant(jwt, "pad", std::string(bytes, 'p').c_str()), 0);
    });
  };
  EXPECT_LT(padded(5'500).size(), 8'192u);
  EXPECT_TRUE(tokens_.Verify(padded(5'500)).ok());
  EXPECT_GT(padded(6'500).size(), 8'192u);
  ExpectRefused(padded(6'500));
}

TEST_F(AccessTokenTest, RefusesAKeyIdThatIsNotOfTheKey) {
  for (const std::string& id : {std::string(), std::string("0000000000000000"),
                                AccessTokens::KeyId(std::string(32, 't')), std::string("../key")}) {
    ExpectRefused(Forge(JWT_ALG_HS256, kSecret, [&](jwt_t* jwt) {
      EXPECT_EQ(jwt_del_headers(jwt, "kid"), 0);
      if (!id.empty()) {
        EXPECT_EQ(jwt_add_header(jwt, "kid", id.c_str()), 0);
      }
    }));
  }
}

TEST_F(AccessTokenTest, ASecretThatWasReplacedVerifiesAndSignsNoMore) {
  const std::string old_token = Issue();
  const std::string new_secret(32, 'n');
  const AccessTokens both({.secret = new_secret, .previous_secret = kSecret}, &clock_);
  EXPECT_TRUE(both.Verify(old_token).ok());
  const std::string new_token = both.Issue(subject_).value();
  EXPECT_TRUE(both.Verify(new_token).ok());
  ExpectRefused(new_token);  // by the old secret alone
  const AccessTokens after({.secret = new_secret, .previous_secret = ""}, &clock_);
  EXPECT_TRUE(after.Verify(new_token).ok());
  EXPECT_FALSE(after.Verify(old_token).ok());
}

TEST(KeyIdTest, IsTheSameEverywhere) {
  // printf mab-jwt-kid:%s ssssssssssssssssssssssssssssssss | sha256sum
  EXPECT_EQ(AccessTokens::KeyId(kSecret), "59c66207158ed62c");
}

}  // namespace
}  // namespace mab::admin
