// The table erasures: which records of which journal were erasures, and since when the journal is
// clear of what they erased. Nothing in it names a visitor. Every function runs in the caller's
// transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct Erasure {
  Uuid id;
  Uuid journal_id;
  uint64_t sequence = 0;
  uint32_t assignments = 0;
  absl::Time erased_at;
  absl::Time clear_by;
  // When the journal was seen to be clear of it.
  std::optional<absl::Time> clear_time;

  friend bool operator==(const Erasure&, const Erasure&) = default;
};

class ErasureStore {
 public:
  static absl::Status Insert(PgConnection& db, const Erasure& erasure);
  // nullopt where there is none.
  static absl::StatusOr<std::optional<Erasure>> Find(PgConnection& db, const Uuid& id);
  // Whether the journal of any is not yet clear of it.
  static absl::StatusOr<bool> AnyPending(PgConnection& db);
  // The journal is clear of all erasures up to `through`: how many were not known to be.
  static absl::StatusOr<int64_t> MarkClear(PgConnection& db, const Uuid& journal_id,
                                           uint64_t through, absl::Time at);
};

}  // namespace mab::storage
