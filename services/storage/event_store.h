// What happened, written to the event tables, each event once: versions, assignments, exposures,
// conversions, and the totals of them. The journal's drainer uses it. Every function runs in the
// caller's transaction.
//
// Each event moves the totals exactly when its row is really inserted, in the statement that
// inserts it; and the journal's position is saved in the same transaction. So a batch may come
// again after any crash, on either side.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/event.h"

namespace mab::storage {

// What the database says of a journal.
struct JournalPosition {
  // Of the database itself.
  Uuid database_id;
  // The sequence of the last record that is in the tables; 0: none.
  uint64_t position = 0;
  // Of that record (SequencedEvent); nullopt where the database does not know it.
  std::optional<uint32_t> checksum;
};

// A record that the database refused for its own sake, as the journal has it.
struct SetAsideRecord {
  uint64_t sequence = 0;
  uint32_t checksum = 0;
  uint8_t type = 0;
  std::optional<bandit::UserHash> user;
  std::string body;
  std::string error;
};

class EventStore {
 public:
  static absl::StatusOr<JournalPosition> ReadPosition(PgConnection& db, const Uuid& journal_id);

  // Takes `events`, of ascending sequence, and saves the last one's sequence as the journal's
  // position. Locks the position first, so that a predecessor that died half-way is waited for.
  // `after` is the position that the caller knows of. Where the database has another one, nothing
  // is done but to answer ABORTED, and the caller looks again: it was set back to an earlier point,
  // or a predecessor's transaction was committed after all, or another process drains a copy of the
  // same journal.
  //
  // INVALID_ARGUMENT: the database refuses at least one of the events for its own sake.
  static absl::Status DrainBatch(PgConnection& db, const Uuid& journal_id, uint64_t after,
                                 absl::Span<const SequencedEvent> events, absl::Time now);

  // Keeps a record that was refused where an operator finds it, and moves the position past it.
  static absl::Status SetAside(PgConnection& db, const Uuid& journal_id, uint64_t after,
                               const SetAsideRecord& record, absl::Time now);
};

}  // namespace mab::storage
