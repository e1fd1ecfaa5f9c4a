#include "admin/access_token.h"

#include <jwt.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "common/error.h"
#include "common/uuid.h"

namespace mab::admin {
namespace {

constexpr char kIssuer[] = "mab";
constexpr char kAudience[] = "mab";
// Ours have about 400 bytes; no more is parsed for a stranger.
constexpr size_t kTokenBytesMax = 4096;

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

absl::string_view TextClaim(const JwtPtr& jwt, const char* name) {
  const char* value = jwt_get_grant(jwt.get(), name);
  return value == nullptr ? absl::string_view() : absl::string_view(value);
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

AccessTokens::AccessTokens(std::string secret, const Clock* clock)
    : secret_(std::move(secret)), clock_(clock) {}

absl::StatusOr<std::string> AccessTokens::Issue(const Caller& caller) const {
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) return InternalError("libjwt makes no token");
  const JwtPtr jwt(raw);
  const absl::Time now = clock_->Now();
  const long now_s = absl::ToUnixSeconds(now);
  const bool complete =
      jwt_set_alg(raw, JWT_ALG_HS256, KeyBytes(secret_), static_cast<int>(secret_.size())) == 0 &&
      jwt_add_grant(raw, "iss", kIssuer) == 0 && jwt_add_grant(raw, "aud", kAudience) == 0 &&
      jwt_add_grant(raw, "sub", caller.account_id.ToString().c_str()) == 0 &&
      jwt_add_grant(raw, "email", caller.email.c_str()) == 0 &&
      jwt_add_grant(raw, "role", std::string(storage::RoleName(caller.role)).c_str()) == 0 &&
      jwt_add_grant(raw, "jti", Uuid::NewV7(now).ToString().c_str()) == 0 &&
      jwt_add_grant_int(raw, "iat", now_s) == 0 && jwt_add_grant_int(raw, "nbf", now_s) == 0 &&
      jwt_add_grant_int(raw, "exp", now_s + absl::ToInt64Seconds(kLifetime)) == 0;
  if (!complete) return InternalError("libjwt refuses a claim");
  const std::unique_ptr<char, MallocFree> text(jwt_encode_str(raw));
  if (text == nullptr) return InternalError("libjwt encodes no token");
  return std::string(text.get());
}

absl::StatusOr<Caller> AccessTokens::Verify(const std::string& token) const {
  if (token.size() > kTokenBytesMax) return BadToken();
  jwt_t* raw = nullptr;
  if (jwt_decode(&raw, token.c_str(), KeyBytes(secret_), static_cast<int>(secret_.size())) != 0) {
    return BadToken();
  }
  const JwtPtr jwt(raw);
  if (jwt_get_alg(raw) != JWT_ALG_HS256) return BadToken();
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
  const std::optional<Role> role = storage::RoleFromName(TextClaim(jwt, "role"));
  if (!account_id.ok() || !role.has_value()) return BadToken();
  return Caller{.account_id = AccountId{*account_id},
                .email = std::string(TextClaim(jwt, "email")),
                .role = *role};
}

}  // namespace mab::admin
