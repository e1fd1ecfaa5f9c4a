// Whether a service's role in the database may do what the service never does: read accounts, or
// change what is on record. grants.h grants no such thing; the schema's owner may do everything.
//
// Thread safety: functions without state.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres.h"

namespace mab::storage {

enum class DatabaseUser { kAdmin, kAssignment };

// Such as "DELETE mab.audit_log"; empty: the role may do nothing of the kind. The pool's errors.
absl::StatusOr<std::vector<std::string>> ExcessPrivileges(PgPool& pool, DatabaseUser user);

// Says in the log what the role may do, and which setting gives the service a role of its own;
// nothing where there is nothing to say.
void WarnOfExcessPrivileges(PgPool& pool, DatabaseUser user);

}  // namespace mab::storage
