// Access tokens: JWT, HS256 alone, for a quarter of an hour.
//
// Header: alg "HS256", typ "JWT", kid (which secret signed). Claims: iss "mab", aud "mab", sub (the
// account's id), sid (the session's: the family of its refresh tokens), iat, nbf, exp, jti. What
// the account may do is not among them: that is looked up with each call.
//
// A token is good when one of our secrets fits and its kid is that secret's, the algorithm is
// HS256, issuer and audience are ours, and nbf <= now < exp. nbf is five seconds before the issue,
// for clocks that differ; else there is no leeway.
//
// Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/uuid.h"

namespace mab::admin {

// Whom a token names.
struct TokenSubject {
  AccountId account_id;
  Uuid session_id;
};

class AccessTokens {
 public:
  static constexpr absl::Duration kLifetime = absl::Minutes(15);

  struct Options {
    // 32 bytes or more.
    std::string secret;
    // The secret before this one: verifies, never signs. Empty: there is none.
    std::string previous_secret;
  };
  // `clock` is not owned, and outlives this.
  AccessTokens(const Options& options, const Clock* clock);

  // INTERNAL where libjwt refuses.
  absl::StatusOr<std::string> Issue(const TokenSubject& subject) const;
  // UNAUTHENTICATED for every token that is not good.
  absl::StatusOr<TokenSubject> Verify(const std::string& token) const;

  // The kid of a secret: 16 hexadecimal digits of SHA-256("mab-jwt-kid:" and the secret).
  static std::string KeyId(absl::string_view secret);

 private:
  struct Key {
    std::string id;
    std::string secret;
  };

  // The one that signs is the first.
  std::vector<Key> keys_;
  const Clock* const clock_;
};

}  // namespace mab::admin
