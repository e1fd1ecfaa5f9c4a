// The table accounts. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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
  static absl::StatusOr<bool> AnyExists(PgConnection& db);
  // Until the end of the transaction nobody else inserts an account: what AnyExists said stays
  // true.
  static absl::Status LockForInsert(PgConnection& db);
  // ALREADY_EXISTS when the address is taken.
  static absl::Status Insert(PgConnection& db, const Account& account);
};

}  // namespace mab::storage
