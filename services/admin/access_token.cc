#include "admin/access_token.h"

#include <jwt.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/uuid.h"

namespace mab::admin {
namespace {

constexpr char kIssuer[] = "mab";
constexpr char kAudience[] = "mab";
// Ours have about 400 bytes; no more is parsed for a stranger.
constexpr size_t kTokenBytesMax = 8 * 1024;
constexpr size_t kKeyIdBytes = 8;
// By so much nbf lies before the issue: of two admins whose clocks differ the one verifies what the
// other has just issued.
constexpr int64_t kClockToleranceSeconds = 5;

struct JwtFree {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using JwtPtr = std::unique_ptr<jwt_t, JwtFree>;

struct MallocFree {
  void operator()(char* text) const { std::free(text); }
};

const unsigned char* KeyBytes(const std::string& secret) {
  return reinterpret_cast<const unsigned char*>(secret.data());
}

absl::string_view TextOrEmpty(const char* value) {
  return value == nullptr ? absl::string_view() : absl::string_view(value);
}

absl::string_view TextClaim(const JwtPtr& jwt, const char* name) {
  return TextOrEmpty(jwt_get_grant(jwt.get(), name));
}

// Null where the secret does not fit, or what it signed says that another did.
JwtPtr Decode(const std::string& token, const std::string& secret, absl::string_view key_id) {
  jwt_t* raw = nullptr;
  if (jwt_decode(&raw, token.c_str(), KeyBytes(secret), static_cast<int>(secret.size())) != 0) {
    return nullptr;
  }
  JwtPtr jwt(raw);
  if (jwt_get_alg(raw) != JWT_ALG_HS256) return nullptr;
  if (TextOrEmpty(jwt_get_header(raw, "kid")) != key_id) return nullptr;
  return jwt;
}

// nullopt where the claim is missing or no integer.
std::optional<absl::Time> TimeClaim(const JwtPtr& jwt, const char* name) {
  errno = 0;
  const long seconds = jwt_get_grant_int(jwt.get(), name);
  // libjwt answers 0 or less, and not always an error, where the claim is no integer.
  if (errno != 0 || seconds <= 0) return std::nullopt;
  return absl::FromUnixSeconds(seconds);
}

absl::Status BadToken() { return UnauthenticatedError("the access token is not valid"); }

}  // namespace

std::string AccessTokens::KeyId(absl::string_view secret) {
  const std::string text = absl::StrCat("mab-jwt-kid:", secret);
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size());
  return HexEncode(absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())
                       .substr(0, kKeyIdBytes));
}

AccessTokens::AccessTokens(const Options& options, const Clock* clock) : clock_(clock) {
  for (const std::string& secret : {options.secret, options.previous_secret}) {
    if (!secret.empty()) keys_.push_back({KeyId(secret), secret});
  }
}

absl::StatusOr<std::string> AccessTokens::Issue(const TokenSubject& subject) const {
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) return InternalError("libjwt makes no token");
  const JwtPtr jwt(raw);
  const Key& key = keys_.front();
  const absl::Time now = clock_->Now();
  const long now_s = absl::ToUnixSeconds(now);
  const bool complete = jwt_set_alg(raw, JWT_ALG_HS256, KeyBytes(key.secret),
                                    static_cast<int>(key.secret.size())) == 0 &&
                        jwt_add_header(raw, "kid", key.id.c_str()) == 0 &&
                        jwt_add_grant(raw, "iss", kIssuer) == 0 &&
                        jwt_add_grant(raw, "aud", kAudience) == 0 &&
                        jwt_add_grant(raw, "sub", subject.account_id.ToString().c_str()) == 0 &&
                        jwt_add_grant(raw, "sid", subject.session_id.ToString().c_str()) == 0 &&
                        jwt_add_grant(raw, "jti", Uuid::NewV7(now).ToString().c_str()) == 0 &&
                        jwt_add_grant_int(raw, "iat", now_s) == 0 &&
                        jwt_add_grant_int(raw, "nbf", now_s - kClockToleranceSeconds) == 0 &&
                        jwt_add_grant_int(raw, "exp", now_s + absl::ToInt64Seconds(kLifetime)) == 0;
  if (!complete) return InternalError("libjwt refuses a claim");
  const std::unique_ptr<char, MallocFree> text(jwt_encode_str(raw));
  if (text == nullptr) return InternalError("libjwt encodes no token");
  return std::string(text.get());
}

absl::StatusOr<TokenSubject> AccessTokens::Verify(const std::string& token) const {
  // libjwt reads up to a NUL.
  if (token.size() > kTokenBytesMax || token.find('\0') != std::string::npos) return BadToken();
  JwtPtr jwt;
  for (const Key& key : keys_) {
    jwt = Decode(token, key.secret, key.id);
    if (jwt != nullptr) break;
  }
  if (jwt == nullptr) return BadToken();
  if (TextClaim(jwt, "iss") != kIssuer || TextClaim(jwt, "aud") != kAudience) return BadToken();

  const absl::Time now = clock_->Now();
  const std::optional<absl::Time> not_before = TimeClaim(jwt, "nbf");
  const std::optional<absl::Time> expires = TimeClaim(jwt, "exp");
  if (!not_before.has_value() || now < *not_before) return BadToken();
  if (!expires.has_value()) return BadToken();
  if (now >= *expires) {
    return UnauthenticatedError("the access token has expired");
  }

  const absl::StatusOr<Uuid> account_id = Uuid::Parse(TextClaim(jwt, "sub"));
  const absl::StatusOr<Uuid> session_id = Uuid::Parse(TextClaim(jwt, "sid"));
  if (!account_id.ok() || !session_id.ok()) return BadToken();
  return TokenSubject{.account_id = AccountId{*account_id}, .session_id = *session_id};
}

}  // namespace mab::admin
