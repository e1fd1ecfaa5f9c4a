// The audit log: who changed what, in the same transaction as the change. Append-only.
//
// Thread safety: stateless.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct AuditEntry {
  absl::Time at;
  std::optional<AccountId> account_id = std::nullopt;
  std::string action;        // "experiment.start"
  std::string subject_type;  // "experiment"
  std::string subject_id;
  // JSON text; nullopt: there is none.
  std::optional<std::string> before_json = std::nullopt;
  std::optional<std::string> after_json = std::nullopt;
};

class AuditStore {
 public:
  static absl::Status Append(PgConnection& db, const AuditEntry& entry);
};

}  // namespace mab::storage
