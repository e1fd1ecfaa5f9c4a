// What the services' own roles may do in the database: what they need, and no more. The schema's
// owner grants it, each time that migrations are applied, so that it holds for new tables too.
//
// Thread safety: functions; a PgConnection belongs to one thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mab::storage {

// Names of login roles; empty: there is none, and the service connects as the owner.
struct ServiceRoles {
  // Reads all; changes all but the audit log and the settings, to which it only adds, what the
  // assignment service writes, what an API key may do, and the list of migrations. It deletes no
  // erasure, and of visitors' rows those of archived experiments, by functions.
  std::string admin;
  // Writes events, totals and its position; knows nothing of accounts, sessions and the audit log.
  std::string assignment;
};

// The role that this URL connects as; empty where the URL is. PgConnection::Connect's errors.
absl::StatusOr<std::string> RoleOfUrl(const std::string& url);

// In one transaction: takes what was granted, and grants anew. `url` is the owner's. A role that is
// the owner is left as it is. FAILED_PRECONDITION: the two are one role, or one does not exist.
absl::Status ApplyGrants(const std::string& url, const ServiceRoles& roles);

}  // namespace mab::storage
