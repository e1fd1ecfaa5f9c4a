// Changes of API keys in the audit log: what the key is called and what it may do, and nothing of
// its secret.
//
// Thread safety: pure functions; a PgConnection belongs to one thread.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "storage/api_key.h"
#include "storage/audit_store.h"

namespace mab::admin {

// "READ", "WRITE" and "ASSIGN", of those that it has, in this order.
std::vector<absl::string_view> ScopeNames(const storage::ApiKeyScopes& scopes);

// In the caller's transaction. `action` is what follows "api_key."; `before` is null for a new one.
absl::Status AppendApiKeyAudit(PgConnection& db, absl::Time at, const storage::AuditActor& actor,
                               absl::string_view action, const storage::ApiKey* before,
                               const storage::ApiKey& after);

}  // namespace mab::admin
