#include "storage/api_key_store.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

// The table itself can't be locked by a role that may change some columns alone.
constexpr char kLockForInsertSql[] = "SELECT pg_advisory_xact_lock(7168354, 1634756979)";

constexpr char kInsertSql[] = R"(
INSERT INTO mab.api_keys (id, name, hint, secret_hash, can_read, can_write, can_assign, create_time,
                          created_by, expire_time, bulk_exposes, publishable)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))";

constexpr char kCountActiveSql[] = R"(
SELECT count(*) AS n FROM mab.api_keys
WHERE revoke_time IS NULL AND (expire_time IS NULL OR expire_time > $1))";

constexpr char kSelect[] = R"(
SELECT api_keys.id, name, hint, secret_hash, can_read, can_write, can_assign,
       api_keys.create_time, created_by, coalesce(email, '') AS email, expire_time, last_use_time,
       revoke_time, bulk_exposes, publishable
FROM mab.api_keys LEFT JOIN mab.accounts ON accounts.id = created_by)";

constexpr char kListCallersSql[] = R"(
SELECT id, secret_hash, expire_time, bulk_exposes, publishable FROM mab.api_keys
WHERE can_assign AND revoke_time IS NULL AND (expire_time IS NULL OR expire_time > $1)
ORDER BY id)";

constexpr char kSetRevokeTimeSql[] = "UPDATE mab.api_keys SET revoke_time = $2 WHERE id = $1";

constexpr char kRecordUseSql[] = R"(
UPDATE mab.api_keys SET last_use_time = $2
WHERE id = $1 AND (last_use_time IS NULL OR last_use_time < $2))";

ApiKey ReadRow(const PgResult& rows, int row) {
  ApiKey key{.id = ApiKeyId{rows.GetUuid(row, "id")},
             .name = std::string(rows.Text(row, "name")),
             .hint = std::string(rows.Text(row, "hint")),
             .secret_hash = rows.Bytes(row, "secret_hash"),
             .scopes = {.read = rows.Bool(row, "can_read"),
                        .write = rows.Bool(row, "can_write"),
                        .assign = rows.Bool(row, "can_assign")},
             .create_time = rows.Time(row, "create_time"),
             .created_by = std::nullopt,
             .created_by_email = std::string(rows.Text(row, "email")),
             .expire_time = rows.OptionalTime(row, "expire_time"),
             .last_use_time = rows.OptionalTime(row, "last_use_time"),
             .revoke_time = rows.OptionalTime(row, "revoke_time"),
             .bulk_exposes = rows.Bool(row, "bulk_exposes"),
             .publishable = rows.Bool(row, "publishable")};
  if (!rows.IsNull(row, "created_by")) key.created_by = AccountId{rows.GetUuid(row, "created_by")};
  return key;
}

absl::StatusOr<std::optional<ApiKey>> FindOne(PgConnection& db, absl::string_view where,
                                              const PgParam& value) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(absl::StrCat(kSelect, where), {value}));
  if (rows.rows() == 0) return std::nullopt;
  return ReadRow(rows, 0);
}

}  // namespace

absl::Status ApiKeyStore::LockForInsert(PgConnection& db) {
  return db.Execute(kLockForInsertSql).status();
}

absl::Status ApiKeyStore::Insert(PgConnection& db, const ApiKey& key) {
  return db
      .Execute(kInsertSql, {key.id, key.name, key.hint, PgParam::Bytes(key.secret_hash),
                            key.scopes.read, key.scopes.write, key.scopes.assign, key.create_time,
                            key.created_by, key.expire_time, key.bulk_exposes, key.publishable})
      .status();
}

absl::StatusOr<int64_t> ApiKeyStore::CountActive(PgConnection& db, absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kCountActiveSql, {now}));
  return rows.Int(0, "n");
}

absl::StatusOr<std::optional<ApiKey>> ApiKeyStore::Find(PgConnection& db, ApiKeyId id) {
  return FindOne(db, " WHERE api_keys.id = $1", id);
}

absl::StatusOr<std::optional<ApiKey>> ApiKeyStore::FindForUpdate(PgConnection& db, ApiKeyId id) {
  return FindOne(db, " WHERE api_keys.id = $1 FOR NO KEY UPDATE OF api_keys", id);
}

absl::StatusOr<std::optional<ApiKey>> ApiKeyStore::FindBySecretHash(PgConnection& db,
                                                                    absl::string_view secret_hash) {
  return FindOne(db, " WHERE secret_hash = $1", PgParam::Bytes(secret_hash));
}

absl::StatusOr<std::vector<ApiKey>> ApiKeyStore::List(PgConnection& db,
                                                      const std::optional<ApiKeyId>& before,
                                                      int limit) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       db.Execute(absl::StrCat(kSelect,
                                               " WHERE $1::uuid IS NULL OR api_keys.id < $1 "
                                               "ORDER BY api_keys.id DESC LIMIT $2"),
                                  {before, limit}));
  std::vector<ApiKey> keys;
  for (int row = 0; row < rows.rows(); ++row) keys.push_back(ReadRow(rows, row));
  return keys;
}

absl::StatusOr<std::vector<CallerKey>> ApiKeyStore::ListCallers(PgConnection& db, absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute(kListCallersSql, {now}));
  std::vector<CallerKey> keys;
  for (int row = 0; row < rows.rows(); ++row) {
    keys.push_back({.id = ApiKeyId{rows.GetUuid(row, "id")},
                    .secret_hash = rows.Bytes(row, "secret_hash"),
                    .expire_time = rows.OptionalTime(row, "expire_time"),
                    .bulk_exposes = rows.Bool(row, "bulk_exposes"),
                    .publishable = rows.Bool(row, "publishable")});
  }
  return keys;
}

absl::StatusOr<absl::Time> ApiKeyStore::ReadClock(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows, db.Execute("SELECT clock_timestamp() AS now"));
  return rows.Time(0, "now");
}

absl::Status ApiKeyStore::SetRevokeTime(PgConnection& db, ApiKeyId id, absl::Time revoke_time) {
  return db.Execute(kSetRevokeTimeSql, {id, revoke_time}).status();
}

absl::Status ApiKeyStore::RecordUses(PgConnection& db,
                                     const absl::btree_map<ApiKeyId, absl::Time>& uses) {
  for (const auto& [id, time] : uses) {
    MAB_RETURN_IF_ERROR(db.Execute(kRecordUseSql, {id, time}).status());
  }
  return absl::OkStatus();
}

}  // namespace mab::storage
