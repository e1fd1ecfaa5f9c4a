// The audit log for people: filters that are checked, pages.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "storage/audit_store.h"

namespace mab::admin {

// As it was asked for; an empty text: any.
struct AuditListRequest {
  uint32_t page_size = 0;
  std::string page_token;
  std::string account_id;
  std::string api_key_id;
  std::string action;
  std::string subject_type;
  std::string subject_id;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;
};

struct AuditListPage {
  std::vector<storage::AuditRecord> records;
  std::string next_page_token;
};

// INVALID_ARGUMENT naming what is wrong.
absl::StatusOr<AuditListPage> ListAudit(PgPool& pool, const AuditListRequest& request);

}  // namespace mab::admin
