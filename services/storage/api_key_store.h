// The table api_keys. Secrets are known by their hash alone. Every function runs in the caller's
// transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/api_key.h"

namespace mab::storage {

class ApiKeyStore {
 public:
  // Until the transaction ends nobody else makes a key.
  static absl::Status LockForInsert(PgConnection& db);
  static absl::Status Insert(PgConnection& db, const ApiKey& key);
  static absl::StatusOr<int64_t> CountActive(PgConnection& db, absl::Time now);
  static absl::StatusOr<std::optional<ApiKey>> Find(PgConnection& db, ApiKeyId id);
  static absl::StatusOr<std::optional<ApiKey>> FindForUpdate(PgConnection& db, ApiKeyId id);
  static absl::StatusOr<std::optional<ApiKey>> FindBySecretHash(PgConnection& db,
                                                                absl::string_view secret_hash);
  // Newest first; only keys that are older than `before`.
  static absl::StatusOr<std::vector<ApiKey>> List(PgConnection& db,
                                                  const std::optional<ApiKeyId>& before, int limit);
  // The active keys that may assign, in the order of their ids.
  static absl::StatusOr<std::vector<CallerKey>> ListCallers(PgConnection& db, absl::Time now);
  // PostgreSQL's clock: the same for whoever asks.
  static absl::StatusOr<absl::Time> ReadClock(PgConnection& db);
  static absl::Status SetRevokeTime(PgConnection& db, ApiKeyId id, absl::Time revoke_time);
  // What is on record is kept where it is later. In the order of the ids, so that two who do it at
  // once don't wait for each other in a circle.
  static absl::Status RecordUses(PgConnection& db,
                                 const absl::btree_map<ApiKeyId, absl::Time>& uses);
};

}  // namespace mab::storage
