// Sessions: from an e-mail address and a password to an access token, and from each refresh token
// to the next.
//
// A refresh token is 32 random bytes, kept as a hash, good for 30 days and for one use. All that
// descend from one sign-in are a family, which lasts 90 days whatever is done in it; its id is a
// UUIDv7, and so says when the sign-in was. An account has at most 50 that live: one more ends the
// one that was used least recently.
// Whoever presents a token that was used already, thief or
// owner, ends the family: the two can't be told apart.
//
// Errors: UNAUTHENTICATED (the same for an unknown address, a wrong password and a disabled
// account), RATE_LIMITED (login_delays.h), INVALID_ARGUMENT for sizes, OVERLOADED, UNAVAILABLE.
//
// Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/access_token.h"
#include "admin/login_delays.h"
#include "admin/password_hasher.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/account.h"

namespace mab::admin {

struct Session {
  std::string access_token;
  absl::Duration access_lifetime;
  std::string refresh_token;
  storage::Account account;
};

class Sessions {
 public:
  static constexpr absl::Duration kRefreshLifetime = absl::Hours(24 * 30);
  static constexpr absl::Duration kSessionLifetime = absl::Hours(24 * 90);
  static constexpr int kSessionsMax = 50;

  // Nothing is owned; all outlive this.
  Sessions(PgPool* pool, PasswordHasher* hasher, LoginDelays* delays, const AccessTokens* tokens,
           const Clock* clock);

  // `address` is the caller's, of common/rpc_client_address.h.
  absl::StatusOr<Session> Login(absl::string_view email, absl::string_view password,
                                const std::optional<std::string>& address);
  // A new session for an account whose owner has just proved who he is. UNAUTHENTICATED where the
  // account was disabled or got another password since it was read.
  absl::StatusOr<Session> Open(const storage::Account& account,
                               const std::optional<std::string>& address);
  absl::StatusOr<Session> Refresh(absl::string_view refresh_token,
                                  const std::optional<std::string>& address);
  // Ends the session of the token. OK for a token that is unknown.
  absl::Status Logout(absl::string_view refresh_token);
  // Ends the session that an access token is of. OK for a token that is not good.
  absl::Status LogoutByAccessToken(const std::string& access_token);

 private:
  // `known`: the account has signed in from that address before.
  absl::StatusOr<storage::Account> Authenticate(absl::string_view email, absl::string_view password,
                                                const std::optional<std::string>& address,
                                                bool known);
  // Whether a session of the account was used last in that address's network.
  absl::StatusOr<bool> HasSessionFrom(PgConnection& db, AccountId id,
                                      absl::string_view address) const;
  // The account, with the password hashed at today's cost where that could be done.
  absl::StatusOr<storage::Account> Rehash(absl::string_view password, storage::Account account,
                                          const std::optional<std::string>& address);
  absl::StatusOr<Session> OpenInFamily(PgConnection& db, const storage::Account& account,
                                       const Uuid& family_id,
                                       const std::optional<std::string>& address) const;
  absl::StatusOr<Session> RefreshIn(PgConnection& db, absl::string_view token_hash,
                                    const std::optional<std::string>& address) const;

  PgPool* const pool_;
  PasswordHasher* const hasher_;
  LoginDelays* const delays_;
  const AccessTokens* const tokens_;
  const Clock* const clock_;
};

}  // namespace mab::admin
