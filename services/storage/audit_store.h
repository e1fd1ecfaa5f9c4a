// The audit log: who changed what, in the same transaction as the change. Append-only.
//
// Thread safety: stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api_key.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

// Who changes something, and from where.
struct AuditActor {
  std::optional<AccountId> account_id = std::nullopt;
  // Where a key does it, and no account.
  std::optional<ApiKeyId> api_key_id = std::nullopt;
  // Of the client; nullopt where it is not known.
  std::optional<std::string> address = std::nullopt;
};

struct AuditEntry {
  absl::Time at;
  AuditActor actor = {};
  std::string action;        // "experiment.start"
  std::string subject_type;  // "experiment"
  std::string subject_id;
  // JSON text; nullopt: there is none.
  std::optional<std::string> before_json = std::nullopt;
  std::optional<std::string> after_json = std::nullopt;
};

// An entry as it is on record.
struct AuditRecord {
  // Grows with each entry.
  int64_t id = 0;
  AuditEntry entry;
  // Of the account; nullopt where there is none (any more).
  std::optional<std::string> email;
  // Of the API key; nullopt where there is none.
  std::optional<std::string> api_key_name;
  // Both sides together are more than AuditQuery::sides_bytes_max, and were not read.
  bool sides_omitted = false;
};

// Which entries; what is nullopt does not matter.
struct AuditQuery {
  std::optional<AccountId> account_id;
  std::optional<ApiKeyId> api_key_id;
  std::optional<std::string> action;
  std::optional<std::string> subject_type;
  std::optional<std::string> subject_id;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;  // not included
  // Only entries of a smaller id.
  std::optional<int64_t> before_id;
  int page_size = 25;
  size_t sides_bytes_max = 256 << 10;
  // Of the sides of a page; its first entry is there whatever it has.
  size_t page_bytes_max = 512 << 10;
};

struct AuditPage {
  // Newest first.
  std::vector<AuditRecord> records;
  bool more = false;
};

class AuditStore {
 public:
  static absl::Status Append(PgConnection& db, const AuditEntry& entry);
  static absl::StatusOr<AuditPage> List(PgConnection& db, const AuditQuery& query);
};

}  // namespace mab::storage
