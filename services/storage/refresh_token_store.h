// The table refresh_tokens. Tokens are known by their hash alone; all that descend from one sign-in
// are a family. A family lives by its one token that is neither used nor revoked nor expired; the
// used ones are there to be recognised. However many there are, only their own look-up meets them.
//
// Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct RefreshToken {
  std::string token_hash;  // HashToken: 32 bytes
  Uuid family_id;
  AccountId account_id;
  absl::Time create_time;
  absl::Time expire_time;
  // When it was traded for the next one.
  std::optional<absl::Time> use_time;
  std::optional<absl::Time> revoke_time;
  // The client's, when it was issued.
  std::optional<std::string> address;
};

// A family that lives, by its token.
struct LiveFamily {
  Uuid family_id;
  absl::Time last_use_time;
  absl::Time expire_time;
  std::optional<std::string> address;
};

class RefreshTokenStore {
 public:
  static absl::Status Insert(PgConnection& db, const RefreshToken& token);
  // nullopt where there is none. The tokens of its account are the caller's until the end of the
  // transaction, so that of two who present tokens of one family the second sees what the first
  // did.
  static absl::StatusOr<std::optional<RefreshToken>> FindForUpdate(PgConnection& db,
                                                                   absl::string_view token_hash);
  static absl::Status MarkUsed(PgConnection& db, absl::string_view token_hash, absl::Time at);
  // Whether it lived.
  static absl::StatusOr<bool> RevokeFamily(PgConnection& db, const Uuid& family_id, absl::Time at);
  // Of an account, the one that was used last first; at most `count_max`.
  static absl::StatusOr<std::vector<LiveFamily>> ListLive(PgConnection& db, AccountId account_id,
                                                          absl::Time now, int count_max);
  // Revokes all but the `count_max` live families that were used last.
  static absl::Status RevokeBeyond(PgConnection& db, AccountId account_id, absl::Time now,
                                   int count_max);
  // All sessions of an account, but for the family `kept`.
  static absl::Status RevokeAccount(PgConnection& db, AccountId account_id,
                                    const std::optional<Uuid>& kept, absl::Time at);
  // Those that expired before `now`, at most `count_max`; how many went.
  static absl::StatusOr<int64_t> DeleteExpired(PgConnection& db, absl::Time now, int count_max);
};

}  // namespace mab::storage
