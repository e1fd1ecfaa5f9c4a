#include "storage/settings_store.h"

#include "common/error.h"
#include "common/status_macros.h"
#include "storage/user_key.h"

namespace mab::storage {
namespace {

constexpr char kSelectDatabaseId[] = "SELECT value FROM mab.settings WHERE key = 'database_id'";

constexpr char kInsertFingerprint[] =
    "INSERT INTO mab.settings (key, value) VALUES ('user_hash_key_fingerprint', $1) "
    "ON CONFLICT (key) DO NOTHING";

constexpr char kSelectFingerprint[] =
    "SELECT value FROM mab.settings WHERE key = 'user_hash_key_fingerprint'";

absl::StatusOr<std::string> OnlyValue(const PgResult& rows) {
  if (rows.rows() != 1) return InternalError("a row of mab.settings is missing");
  return std::string(rows.Text(0, "value"));
}

}  // namespace

absl::StatusOr<std::string> SettingsStore::DatabaseId() {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, pool_->Execute(kSelectDatabaseId));
  return OnlyValue(rows);
}

absl::StatusOr<std::string> SettingsStore::ClaimUserHashKeyFingerprint(absl::string_view mine) {
  MAB_RETURN_IF_ERROR(pool_->Execute(kInsertFingerprint, {mine}).status());
  // A second statement: it sees the row of whoever was first.
  MAB_ASSIGN_OR_RETURN(const PgResult rows, pool_->Execute(kSelectFingerprint));
  return OnlyValue(rows);
}

absl::Status SettingsStore::CheckUserHashKey(const std::string& fingerprint) {
  MAB_ASSIGN_OR_RETURN(const std::string on_record, ClaimUserHashKeyFingerprint(fingerprint));
  return CheckKeyFingerprint(on_record, fingerprint, "this database");
}

}  // namespace mab::storage
