// Changes of accounts in the audit log: who the account is and what it may do, never what it signs
// in with.
//
// Thread safety: pure functions; a PgConnection belongs to one thread.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "storage/account.h"
#include "storage/audit_store.h"

namespace mab::admin {

enum class AccountState {
  kPending,   // without a password: its link has not been used yet
  kActive,    // signs in
  kDisabled,  // does not
};

AccountState StateOf(const storage::Account& account);

// In the caller's transaction. `action` is what follows "account."; `before` is null for a new one.
absl::Status AppendAccountAudit(PgConnection& db, absl::Time at, const storage::AuditActor& actor,
                                absl::string_view action, const storage::Account* before,
                                const storage::Account& after);

}  // namespace mab::admin
