#include "storage/account_store.h"

#include <utility>

#include "common/error.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kFindByEmailSql[] = R"(
SELECT id, email, role, password_hash, disabled, create_time, update_time
FROM mab.accounts
WHERE email = $1)";

constexpr char kFindByIdSql[] = R"(
SELECT id, email, role, password_hash, disabled, create_time, update_time
FROM mab.accounts
WHERE id = $1)";

// Locks the row as RefreshTokenStore::FindForUpdate does.
constexpr char kFindByIdForUpdateSql[] = R"(
SELECT id, email, role, password_hash, disabled, create_time, update_time
FROM mab.accounts
WHERE id = $1
FOR NO KEY UPDATE)";

constexpr char kFindInSessionSql[] = R"(
SELECT id, email, role, password_hash, disabled, create_time, update_time
FROM mab.accounts
WHERE id = $1 AND NOT disabled AND EXISTS (
  SELECT FROM mab.refresh_tokens
  WHERE family_id = $2 AND account_id = $1 AND use_time IS NULL AND revoke_time IS NULL
    AND expire_time > $3))";

constexpr char kListSql[] = R"(
SELECT id, email, role, password_hash, disabled, create_time, update_time
FROM mab.accounts
WHERE $1::uuid IS NULL OR id > $1::uuid
ORDER BY id
LIMIT $2)";

constexpr char kCountSql[] = "SELECT count(*) AS accounts FROM mab.accounts";

constexpr char kOtherAdministratorExistsSql[] = R"(
SELECT EXISTS (
  SELECT FROM mab.accounts
  WHERE role = 'ADMIN' AND NOT disabled AND password_hash <> '' AND id <> $1) AS other_exists)";

constexpr char kUpdateSql[] = R"(
UPDATE mab.accounts
SET role = $2, password_hash = $3, disabled = $4, update_time = $5
WHERE id = $1)";

constexpr char kReplacePasswordHashSql[] =
    "UPDATE mab.accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";

constexpr char kAnyExistsSql[] = "SELECT EXISTS (SELECT FROM mab.accounts) AS any_exists";

// Conflicts with itself and with every write, not with reads.
constexpr char kLockForChangeSql[] = "LOCK TABLE mab.accounts IN SHARE ROW EXCLUSIVE MODE";

constexpr char kInsertSql[] = R"(
INSERT INTO mab.accounts (id, email, role, password_hash, disabled, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7))";

Account ReadRow(const PgResult& result, int row) {
  return Account{.id = AccountId{result.GetUuid(row, "id")},
                 .email = std::string(result.Text(row, "email")),
                 // The database has a CHECK.
                 .role = RoleFromName(result.Text(row, "role")).value(),
                 .password_hash = std::string(result.Text(row, "password_hash")),
                 .disabled = result.Bool(row, "disabled"),
                 .create_time = result.Time(row, "create_time"),
                 .update_time = result.Time(row, "update_time")};
}

absl::StatusOr<std::optional<Account>> ReadAccount(absl::StatusOr<PgResult> answer) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, std::move(answer));
  if (result.rows() == 0) return std::nullopt;
  return ReadRow(result, 0);
}

}  // namespace

absl::StatusOr<std::optional<Account>> AccountStore::FindByEmail(PgConnection& db,
                                                                 absl::string_view email) {
  return ReadAccount(db.Execute(kFindByEmailSql, {email}));
}

absl::StatusOr<std::optional<Account>> AccountStore::FindById(PgConnection& db, AccountId id) {
  return ReadAccount(db.Execute(kFindByIdSql, {id}));
}

absl::StatusOr<std::optional<Account>> AccountStore::FindInSession(PgConnection& db, AccountId id,
                                                                   const Uuid& family_id,
                                                                   absl::Time now) {
  return ReadAccount(db.Execute(kFindInSessionSql, {id, family_id, now}));
}

absl::StatusOr<std::optional<Account>> AccountStore::FindByIdForUpdate(PgConnection& db,
                                                                       AccountId id) {
  return ReadAccount(db.Execute(kFindByIdForUpdateSql, {id}));
}

absl::StatusOr<std::vector<Account>> AccountStore::List(PgConnection& db,
                                                        const std::optional<AccountId>& after,
                                                        int count_max) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kListSql, {after, count_max}));
  std::vector<Account> accounts;
  for (int row = 0; row < result.rows(); ++row) accounts.push_back(ReadRow(result, row));
  return accounts;
}

absl::StatusOr<int64_t> AccountStore::Count(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kCountSql));
  return result.Int(0, "accounts");
}

absl::StatusOr<bool> AccountStore::OtherAdministratorExists(PgConnection& db, AccountId id) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kOtherAdministratorExistsSql, {id}));
  return result.Bool(0, "other_exists");
}

absl::StatusOr<bool> AccountStore::AnyExists(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kAnyExistsSql));
  return result.Bool(0, "any_exists");
}

absl::Status AccountStore::LockForChange(PgConnection& db) {
  return db.Execute(kLockForChangeSql).status();
}

absl::Status AccountStore::Insert(PgConnection& db, const Account& account) {
  const absl::Status status =
      db.Execute(kInsertSql,
                 {account.id, account.email, PgParam(RoleName(account.role)), account.password_hash,
                  account.disabled, account.create_time, account.update_time})
          .status();
  if (absl::IsAlreadyExists(status)) {
    return AlreadyExistsError("email", "an account with this address exists");
  }
  return status;
}

absl::Status AccountStore::Update(PgConnection& db, const Account& account) {
  return db
      .Execute(kUpdateSql, {account.id, PgParam(RoleName(account.role)), account.password_hash,
                            account.disabled, account.update_time})
      .status();
}

absl::StatusOr<bool> AccountStore::ReplacePasswordHash(PgConnection& db, AccountId id,
                                                       absl::string_view before,
                                                       absl::string_view after) {
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kReplacePasswordHashSql, {id, before, after}));
  return result.affected_rows() > 0;
}

}  // namespace mab::storage
