// How an installation gets its first administrator: from the configuration, or by the one-time
// set-up link. No default password exists, and neither way is open once there is an account.
//
// Thread-safe; also between processes: of any number of attempts at once, one makes the account.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/password_hasher.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "storage/account.h"

namespace mab::admin {

class FirstAccount {
 public:
  // An empty `setup_token`: the link is not open. Nothing is owned; all outlive this.
  FirstAccount(PgPool* pool, PasswordHasher* hasher, const Clock* clock, std::string setup_token);

  // By the link, from `address`. UNAUTHENTICATED for another token, FAILED_PRECONDITION once an
  // account exists or where the link is not open, INVALID_ARGUMENT with all that is wrong with the
  // credentials.
  absl::StatusOr<storage::Account> SetUp(absl::string_view token, absl::string_view email,
                                         absl::string_view password,
                                         const std::optional<std::string>& address);
  // From the configuration: OK, and nothing done, where an account exists.
  absl::Status Ensure(absl::string_view email, absl::string_view password);

 private:
  // FAILED_PRECONDITION where an account exists.
  absl::StatusOr<storage::Account> Create(absl::string_view email, absl::string_view password,
                                          const std::optional<std::string>& address);
  absl::StatusOr<bool> AnyExists();

  PgPool* const pool_;
  PasswordHasher* const hasher_;
  const Clock* const clock_;
  const std::string setup_token_;
};

}  // namespace mab::admin
