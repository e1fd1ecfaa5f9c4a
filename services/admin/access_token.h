// Access tokens: JWT, HS256 alone, for a quarter of an hour.
//
// Claims: iss "mab", aud "mab", sub (the account's id), email, role, iat, nbf, exp, jti. A token is
// good when the signature fits, the algorithm is HS256, issuer and audience are ours, and nbf <=
// now < exp; there is no leeway, as whoever issues also verifies.
//
// Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/authorizer.h"
#include "common/clock.h"

namespace mab::admin {

class AccessTokens {
 public:
  static constexpr absl::Duration kLifetime = absl::Minutes(15);

  // `secret` has 32 bytes or more. `clock` is not owned, and outlives this.
  AccessTokens(std::string secret, const Clock* clock);

  // INTERNAL where libjwt refuses.
  absl::StatusOr<std::string> Issue(const Caller& caller) const;
  // UNAUTHENTICATED for every token that is not good.
  absl::StatusOr<Caller> Verify(const std::string& token) const;

 private:
  const std::string secret_;
  const Clock* const clock_;
};

}  // namespace mab::admin
