#include "storage/audit_store.h"

namespace mab::storage {
namespace {

constexpr char kAppend[] = R"sql(
    INSERT INTO mab.audit_log (at, account_id, action, subject_type, subject_id, before, after)
    VALUES ($1::timestamptz, $2::uuid, $3, $4, $5, $6::json, $7::json))sql";

}  // namespace

absl::Status AuditStore::Append(PgConnection& db, const AuditEntry& entry) {
  return db
      .Execute(kAppend, {entry.at, entry.account_id, entry.action, entry.subject_type,
                         entry.subject_id, entry.before_json, entry.after_json})
      .status();
}

}  // namespace mab::storage
