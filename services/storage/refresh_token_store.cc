#include "storage/refresh_token_store.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kInsertSql[] = R"(
INSERT INTO mab.refresh_tokens
  (token_hash, family_id, account_id, create_time, expire_time, use_time, revoke_time, address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8))";

// Locking the account orders all that its families do: a lock on the token's own row would let a
// revocation miss the successor that somebody else is inserting.
constexpr char kLockAccountSql[] = R"(
SELECT FROM mab.accounts
WHERE id = (SELECT account_id FROM mab.refresh_tokens WHERE token_hash = $1)
FOR NO KEY UPDATE)";

constexpr char kFindSql[] = R"(
SELECT token_hash, family_id, account_id, create_time, expire_time, use_time, revoke_time, address
FROM mab.refresh_tokens
WHERE token_hash = $1)";

constexpr char kMarkUsedSql[] = "UPDATE mab.refresh_tokens SET use_time = $2 WHERE token_hash = $1";

constexpr char kRevokeFamilySql[] = R"(
UPDATE mab.refresh_tokens SET revoke_time = $2
WHERE family_id = $1 AND use_time IS NULL AND revoke_time IS NULL)";

constexpr char kRevokeAccountSql[] = R"(
UPDATE mab.refresh_tokens SET revoke_time = $3
WHERE account_id = $1 AND use_time IS NULL AND revoke_time IS NULL
  AND family_id IS DISTINCT FROM $2::uuid)";

// The live families of $1 at $2, the one that was used last first. What follows says which of them.
constexpr char kLiveFamiliesSql[] = R"(
SELECT family_id, create_time, expire_time, address
FROM mab.refresh_tokens
WHERE account_id = $1 AND use_time IS NULL AND revoke_time IS NULL AND expire_time > $2
ORDER BY create_time DESC, family_id DESC
)";

// SKIP LOCKED: two that clean up at once, or a token in use, are no reason to wait.
constexpr char kDeleteExpiredSql[] = R"(
DELETE FROM mab.refresh_tokens
WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM mab.refresh_tokens
  WHERE expire_time < $1
  ORDER BY expire_time
  LIMIT $2
  FOR UPDATE SKIP LOCKED)))";

}  // namespace

absl::Status RefreshTokenStore::Insert(PgConnection& db, const RefreshToken& token) {
  return db
      .Execute(kInsertSql, {PgParam::Bytes(token.token_hash), token.family_id, token.account_id,
                            token.create_time, token.expire_time, token.use_time, token.revoke_time,
                            token.address})
      .status();
}

absl::StatusOr<std::optional<RefreshToken>> RefreshTokenStore::FindForUpdate(
    PgConnection& db, absl::string_view token_hash) {
  MAB_RETURN_IF_ERROR(db.Execute(kLockAccountSql, {PgParam::Bytes(token_hash)}).status());
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kFindSql, {PgParam::Bytes(token_hash)}));
  if (result.rows() == 0) return std::nullopt;
  return RefreshToken{.token_hash = result.Bytes(0, "token_hash"),
                      .family_id = result.GetUuid(0, "family_id"),
                      .account_id = AccountId{result.GetUuid(0, "account_id")},
                      .create_time = result.Time(0, "create_time"),
                      .expire_time = result.Time(0, "expire_time"),
                      .use_time = result.OptionalTime(0, "use_time"),
                      .revoke_time = result.OptionalTime(0, "revoke_time"),
                      .address = result.OptionalText(0, "address")};
}

absl::Status RefreshTokenStore::MarkUsed(PgConnection& db, absl::string_view token_hash,
                                         absl::Time at) {
  return db.Execute(kMarkUsedSql, {PgParam::Bytes(token_hash), at}).status();
}

absl::StatusOr<bool> RefreshTokenStore::RevokeFamily(PgConnection& db, const Uuid& family_id,
                                                     absl::Time at) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kRevokeFamilySql, {family_id, at}));
  return result.affected_rows() > 0;
}

absl::StatusOr<std::vector<LiveFamily>> RefreshTokenStore::ListLive(PgConnection& db,
                                                                    AccountId account_id,
                                                                    absl::Time now, int count_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(absl::StrCat(kLiveFamiliesSql, "LIMIT $3"),
                                                         {account_id, now, count_max}));
  std::vector<LiveFamily> families;
  for (int row = 0; row < result.rows(); ++row) {
    families.push_back({.family_id = result.GetUuid(row, "family_id"),
                        .last_use_time = result.Time(row, "create_time"),
                        .expire_time = result.Time(row, "expire_time"),
                        .address = result.OptionalText(row, "address")});
  }
  return families;
}

absl::Status RefreshTokenStore::RevokeBeyond(PgConnection& db, AccountId account_id, absl::Time now,
                                             int count_max) {
  return db
      .Execute(absl::StrCat("UPDATE mab.refresh_tokens SET revoke_time = $2 "
                            "WHERE account_id = $1 AND use_time IS NULL AND revoke_time IS NULL "
                            "AND family_id IN ("
                            "SELECT family_id FROM (",
                            kLiveFamiliesSql, "OFFSET $3) AS beyond)"),
               {account_id, now, count_max})
      .status();
}

absl::Status RefreshTokenStore::RevokeAccount(PgConnection& db, AccountId account_id,
                                              const std::optional<Uuid>& kept, absl::Time at) {
  return db.Execute(kRevokeAccountSql, {account_id, kept, at}).status();
}

absl::StatusOr<int64_t> RefreshTokenStore::DeleteExpired(PgConnection& db, absl::Time now,
                                                         int count_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kDeleteExpiredSql, {now, count_max}));
  return result.affected_rows();
}

}  // namespace mab::storage
