// What administrators do with accounts: list, invite, change roles, disable, enable, reset
// passwords, end sessions. What people do with their own password is in own_password.h.
//
// Always somebody is left who can sign in as an administrator: all changes of accounts wait for one
// another, and each looks at what the one before left. Nobody changes his own role, disables
// himself or resets his own password: who takes a right away still has it. Each change is in the
// audit log in the same transaction.
//
// Errors: ACCOUNT_NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT,
// PERMISSION_DENIED where the actor is no administrator any more, UNAVAILABLE.
//
// Thread-safe; also between processes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/authorizer.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/account.h"

namespace mab::admin {

struct AccountPage {
  std::vector<storage::Account> accounts;
  std::string next_page_token;  // empty: this was the last page
};

// A one-time link by which the account gets its password. The token is kept as a hash alone: this
// is the only time that it is seen.
struct IssuedLink {
  storage::Account account;
  std::string token;
  absl::Time expire_time;
};

class Accounts {
 public:
  static constexpr absl::Duration kInvitationLifetime = absl::Hours(7 * 24);
  static constexpr absl::Duration kResetLifetime = absl::Hours(24);
  static constexpr int64_t kAccountsMax = 10'000;

  // Nothing is owned; all outlive this.
  Accounts(PgPool* pool, const Clock* clock) : pool_(pool), clock_(clock) {}

  // In the order of creation. A page has 1 to 100 accounts; 0 means 25.
  absl::StatusOr<AccountPage> List(uint32_t page_size, absl::string_view page_token);
  absl::StatusOr<storage::Account> Get(AccountId id);
  // A new account without a password.
  absl::StatusOr<IssuedLink> Invite(const Caller& actor, absl::string_view email, Role role);
  absl::StatusOr<storage::Account> ChangeRole(const Caller& actor, AccountId id, Role role);
  // Ends its sessions, and the link that it may have.
  absl::StatusOr<storage::Account> Disable(const Caller& actor, AccountId id);
  absl::StatusOr<storage::Account> Enable(const Caller& actor, AccountId id);
  // Signs it out everywhere; whoever knows the password signs in again.
  absl::StatusOr<storage::Account> EndSessions(const Caller& actor, AccountId id);
  // Takes the password away and ends the sessions. Of a disabled account: FAILED_PRECONDITION.
  absl::StatusOr<IssuedLink> ResetPassword(const Caller& actor, AccountId id);

 private:
  // In a transaction that nobody else's change of an account runs beside.
  absl::StatusOr<storage::Account> Change(
      const Caller& actor, AccountId id, absl::string_view action,
      const std::function<absl::Status(PgConnection&, storage::Account&)>& change);

  PgPool* const pool_;
  const Clock* const clock_;
};

}  // namespace mab::admin
