// One-of-a-kind facts of a database.
//
// Thread safety: as the pool's.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/postgres.h"

namespace mab::storage {

class SettingsStore {
 public:
  // `pool` outlives this.
  explicit SettingsStore(PgPool* pool) : pool_(pool) {}

  // The UUID that the first migration made.
  absl::StatusOr<std::string> DatabaseId();

  // The fingerprint of the key under which this database's visitors are hashed: the one on record,
  // or `mine`, which is put on record where there is none yet.
  absl::StatusOr<std::string> ClaimUserHashKeyFingerprint(absl::string_view mine);

  // Claims, and refuses with FAILED_PRECONDITION, in words for whoever starts the service, where
  // another key is on record.
  absl::Status CheckUserHashKey(const std::string& fingerprint);

 private:
  PgPool* pool_;
};

}  // namespace mab::storage
