// The table account_links: one-time links by which an account gets a password. Tokens are known by
// their hash alone. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct AccountLink {
  AccountId account_id;
  std::string token_hash;  // HashToken: 32 bytes
  absl::Time create_time;
  absl::Time expire_time;
};

class AccountLinkStore {
 public:
  // In the place of the account's older link, if it has one.
  static absl::Status Put(PgConnection& db, const AccountLink& link);
  // nullopt where there is none, or where it has expired.
  static absl::StatusOr<std::optional<AccountLink>> Find(PgConnection& db,
                                                         absl::string_view token_hash,
                                                         absl::Time now);
  // OK where there is none.
  static absl::Status Delete(PgConnection& db, AccountId account_id);
  // Up to `count_max` of those that nobody can use any more: how many.
  static absl::StatusOr<int64_t> DeleteExpired(PgConnection& db, absl::Time now, int count_max);
};

}  // namespace mab::storage
