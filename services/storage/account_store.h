// The table accounts. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/account.h"

namespace mab::storage {

class AccountStore {
 public:
  // nullopt where there is none. `email` is in lower case.
  static absl::StatusOr<std::optional<Account>> FindByEmail(PgConnection& db,
                                                            absl::string_view email);
  static absl::StatusOr<std::optional<Account>> FindById(PgConnection& db, AccountId id);
  // The account of a session that lives: the account is enabled, and a refresh token of the family
  // is neither used nor revoked nor expired at `now`. nullopt otherwise.
  static absl::StatusOr<std::optional<Account>> FindInSession(PgConnection& db, AccountId id,
                                                              const Uuid& family_id,
                                                              absl::Time now);
  // Until the end of the transaction nobody else changes the account, nor a session of it.
  static absl::StatusOr<std::optional<Account>> FindByIdForUpdate(PgConnection& db, AccountId id);
  // In the order of their ids, which is that of creation: those after `after`, at most `count_max`.
  static absl::StatusOr<std::vector<Account>> List(PgConnection& db,
                                                   const std::optional<AccountId>& after,
                                                   int count_max);
  static absl::StatusOr<bool> AnyExists(PgConnection& db);
  static absl::StatusOr<int64_t> Count(PgConnection& db);
  // Whether somebody else than `id` could sign in as an administrator: enabled, with a password.
  static absl::StatusOr<bool> OtherAdministratorExists(PgConnection& db, AccountId id);
  // Until the end of the transaction nobody else inserts or changes an account: what was read after
  // this stays true.
  static absl::Status LockForChange(PgConnection& db);
  // ALREADY_EXISTS when the address is taken.
  static absl::Status Insert(PgConnection& db, const Account& account);
  // Role, password, disabled and update_time, of the account with this id.
  static absl::Status Update(PgConnection& db, const Account& account);
  // False, and nothing done, where the hash is no longer `before`.
  static absl::StatusOr<bool> ReplacePasswordHash(PgConnection& db, AccountId id,
                                                  absl::string_view before,
                                                  absl::string_view after);
};

}  // namespace mab::storage
