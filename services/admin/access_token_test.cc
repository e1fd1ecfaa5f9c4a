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
  std::string Issue() { return tokens_.Issue(caller_).value(); }

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
    const long now = absl::ToUnixSeconds(kNow);
    for (const auto& [name, value] : {std::pair<const char*, std::string>("iss", "mab"),
                                      {"aud", "mab"},
                                      {"sub", caller_.account_id.ToString()},
                                      {"email", caller_.email},
                                      {"role", "ADMIN"}}) {
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
  AccessTokens tokens_{kSecret, &clock_};
  const Caller caller_{.account_id = AccountId{Uuid::NewV7(kNow)},
                       .email = "ada@example.com",
                       .role = Role::kEditor};
};

TEST_F(AccessTokenTest, SaysWhoItWasIssuedTo) {
  const absl::StatusOr<Caller> caller = tokens_.Verify(Issue());
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->account_id, caller_.account_id);
  EXPECT_EQ(caller->email, "ada@example.com");
  EXPECT_EQ(caller->role, Role::kEditor);
}

TEST_F(AccessTokenTest, BearsTheClaimsThatOthersExpect) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  ASSERT_EQ(parts.size(), 3u);
  std::string header, claims;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[0], &header));
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[1], &claims));
  EXPECT_NE(header.find(R"("alg":"HS256")"), std::string::npos) << header;
  for (const char* claim :
       {R"("iss":"mab")", R"("aud":"mab")", R"("role":"EDITOR")", R"("iat":1800000000)",
        R"("nbf":1800000000)", R"("exp":1800000900)", R"("jti":")"}) {
    EXPECT_NE(claims.find(claim), std::string::npos) << claims;
  }
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
  clock_.Advance(-absl::Seconds(1));
  ExpectRefused(token);
}

TEST_F(AccessTokenTest, AcceptsAForgeryOnlyWhereItIsNone) {
  // The forger below makes tokens like ours, so what the next tests refuse is refused for what they
  // change.
  EXPECT_TRUE(tokens_.Verify(Forge(JWT_ALG_HS256, kSecret)).ok());
}

TEST_F(AccessTokenTest, RefusesAnotherSecret) {
  ExpectRefused(Forge(JWT_ALG_HS256, std::string(32, 't')));
  ExpectRefused(AccessTokens(std::string(32, 't'), &clock_).Issue(caller_).value());
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
  for (const char* name : {"exp", "nbf", "sub", "role"}) {
    ExpectRefused(ForgeClaim(name, nullptr));
    ExpectRefused(ForgeClaim(name, "soon"));
  }
}

TEST_F(AccessTokenTest, RefusesClaimsThatWereChangedAfterSigning) {
  const std::vector<std::string> parts = absl::StrSplit(Issue(), '.');
  std::string claims;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[1], &claims));
  const std::string promoted = absl::StrReplaceAll(claims, {{"EDITOR", "ADMIN"}});
  ASSERT_NE(promoted, claims);
  ExpectRefused(absl::StrCat(parts[0], ".", absl::WebSafeBase64Escape(promoted), ".", parts[2]));
}

TEST_F(AccessTokenTest, RefusesWhatIsNoToken) {
  for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30.e30", "Bearer"}) {
    ExpectRefused(text);
  }
  ExpectRefused(Issue() + "x");
  ExpectRefused(std::string(1'000'000, 'a'));
  ExpectRefused(Issue() + std::string(5000, '='));
}

}  // namespace
}  // namespace mab::admin
