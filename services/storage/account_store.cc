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

constexpr char kAnyExistsSql[] = "SELECT EXISTS (SELECT FROM mab.accounts) AS any_exists";

// Conflicts with itself and with every write, not with reads.
constexpr char kLockForInsertSql[] = "LOCK TABLE mab.accounts IN SHARE ROW EXCLUSIVE MODE";

constexpr char kInsertSql[] = R"(
INSERT INTO mab.accounts (id, email, role, password_hash, disabled, create_time, update_time)
VALUES ($1, $2, $3, $4, $5, $6, $7))";

absl::StatusOr<std::optional<Account>> ReadAccount(absl::StatusOr<PgResult> answer) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, std::move(answer));
  if (result.rows() == 0) return std::nullopt;
  return Account{.id = AccountId{result.GetUuid(0, "id")},
                 .email = std::string(result.Text(0, "email")),
                 // The database has a CHECK.
                 .role = RoleFromName(result.Text(0, "role")).value(),
                 .password_hash = std::string(result.Text(0, "password_hash")),
                 .disabled = result.Bool(0, "disabled"),
                 .create_time = result.Time(0, "create_time"),
                 .update_time = result.Time(0, "update_time")};
}

}  // namespace

absl::StatusOr<std::optional<Account>> AccountStore::FindByEmail(PgConnection& db,
                                                                 absl::string_view email) {
  return ReadAccount(db.Execute(kFindByEmailSql, {email}));
}

absl::StatusOr<std::optional<Account>> AccountStore::FindById(PgConnection& db, AccountId id) {
  return ReadAccount(db.Execute(kFindByIdSql, {id}));
}

absl::StatusOr<bool> AccountStore::AnyExists(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kAnyExistsSql));
  return result.Bool(0, "any_exists");
}

absl::Status AccountStore::LockForInsert(PgConnection& db) {
  return db.Execute(kLockForInsertSql).status();
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

}  // namespace mab::storage
