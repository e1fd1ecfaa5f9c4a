// How people set their own password: with the one-time link of an invitation or a reset, or, signed
// in, with the password that they have.
//
// Errors: LINK_NOT_FOUND for a link that was used, replaced or has expired, or whose account is
// disabled; INVALID_ARGUMENT, RATE_LIMITED, OVERLOADED, UNAVAILABLE.
//
// Thread-safe; also between processes: of any number of uses of a link at once, one sets a
// password.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/authorizer.h"
#include "admin/login_delays.h"
#include "admin/password_hasher.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "storage/account.h"

namespace mab::admin {

class OwnPassword {
 public:
  // Nothing is owned; all outlive this.
  OwnPassword(PgPool* pool, PasswordHasher* hasher, LoginDelays* delays, const Clock* clock)
      : pool_(pool), hasher_(hasher), delays_(delays), clock_(clock) {}

  // From `address`. Uses the link up, and ends all sessions of its account, which is the answer.
  absl::StatusOr<storage::Account> SetByLink(absl::string_view token, absl::string_view password,
                                             const std::optional<std::string>& address);
  // Ends all sessions but the caller's. A wrong `current` is INVALID_ARGUMENT, and delayed as wrong
  // passwords of a sign-in are.
  absl::Status Change(const Caller& caller, absl::string_view current,
                      absl::string_view replacement);

  // Whether `current` is the caller's password. A wrong one is INVALID_ARGUMENT, and delayed as
  // those of sign-ins are.
  absl::Status Confirm(const Caller& caller, absl::string_view current);

 private:
  // The enabled account of a link that is still good.
  absl::StatusOr<storage::Account> FindByLink(PgConnection& db, absl::string_view token_hash);
  absl::StatusOr<storage::Account> FindAccount(const Caller& caller);
  absl::Status CheckCurrent(const storage::Account& account, absl::string_view current,
                            const std::optional<std::string>& address);
  struct Replacement {
    absl::string_view action;
    std::string hash;
    // Lives on; nullopt: none does.
    std::optional<Uuid> kept_session;
    std::optional<std::string> address;
  };
  // The account as it is then.
  absl::StatusOr<storage::Account> Replace(PgConnection& db, const storage::Account& before,
                                           const Replacement& replacement);

  PgPool* const pool_;
  PasswordHasher* const hasher_;
  LoginDelays* const delays_;
  const Clock* const clock_;
};

}  // namespace mab::admin
