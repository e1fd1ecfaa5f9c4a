#include "storage/account_link_store.h"

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kPutSql[] = R"(
INSERT INTO mab.account_links (account_id, token_hash, create_time, expire_time)
VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id) DO UPDATE
SET token_hash = excluded.token_hash, create_time = excluded.create_time,
    expire_time = excluded.expire_time)";

constexpr char kFindSql[] = R"(
SELECT account_id, token_hash, create_time, expire_time
FROM mab.account_links
WHERE token_hash = $1 AND expire_time > $2)";

constexpr char kDeleteSql[] = "DELETE FROM mab.account_links WHERE account_id = $1";

// SKIP LOCKED: one that is being replaced has not expired any more.
constexpr char kDeleteExpiredSql[] = R"(
DELETE FROM mab.account_links
WHERE account_id IN (
  SELECT account_id FROM mab.account_links
  WHERE expire_time <= $1
  LIMIT $2
  FOR UPDATE SKIP LOCKED))";

}  // namespace

absl::Status AccountLinkStore::Put(PgConnection& db, const AccountLink& link) {
  return db
      .Execute(kPutSql, {link.account_id, PgParam::Bytes(link.token_hash), link.create_time,
                         link.expire_time})
      .status();
}

absl::StatusOr<std::optional<AccountLink>> AccountLinkStore::Find(PgConnection& db,
                                                                  absl::string_view token_hash,
                                                                  absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kFindSql, {PgParam::Bytes(token_hash), now}));
  if (result.rows() == 0) return std::nullopt;
  return AccountLink{.account_id = AccountId{result.GetUuid(0, "account_id")},
                     .token_hash = result.Bytes(0, "token_hash"),
                     .create_time = result.Time(0, "create_time"),
                     .expire_time = result.Time(0, "expire_time")};
}

absl::Status AccountLinkStore::Delete(PgConnection& db, AccountId account_id) {
  return db.Execute(kDeleteSql, {account_id}).status();
}

absl::StatusOr<int64_t> AccountLinkStore::DeleteExpired(PgConnection& db, absl::Time now,
                                                        int count_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kDeleteExpiredSql, {now, count_max}));
  return result.affected_rows();
}

}  // namespace mab::storage
