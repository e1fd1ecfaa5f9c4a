// What a journal's start finds on the disk: every record, and the place where the log goes on.
//
// Thread safety: one thread, which holds the directory's lock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/uuid.h"
#include "storage/event.h"

namespace mab::assignment {

struct JournalTail {
  Uuid journal_id;
  // The one that the segments name; nil where none does.
  Uuid database_id;
  // Whether the last segment names it.
  bool last_segment_names_database = false;
  // Of the last record; 0: there is none.
  uint64_t last_sequence = 0;
  // The last erasure of those that were given to replay; 0: none.
  uint64_t last_erasure = 0;
  // The least that the next record may have.
  uint64_t next_sequence = 1;
  // The last segment; empty: the directory has none.
  std::string path;
  uint64_t last_segment_first = 1;
  absl::Time begun_at = absl::InfiniteFuture();
  // Its first bytes that are whole records. What follows is torn.
  uint64_t good_bytes = 0;
  uint64_t torn_bytes = 0;
  // Its first bytes that a sync is known to have brought to the disk.
  uint64_t synced_bytes = 0;
  // All segments together, without what is torn.
  uint64_t journal_bytes = 0;
  // The records that were given to replay.
  uint64_t replayed_bytes = 0;
};

// What the caller knows without the journal (by a checkpoint, or by the database).
struct KnownRecords {
  // Of which the records below are; nil: any.
  Uuid journal_id;
  // All records up to this one. nullopt: the caller will know by other means what is not in the
  // journal any more, wherever it begins.
  std::optional<uint64_t> through = 0;
};

using ReplayEvent = std::function<absl::Status(const storage::SequencedEvent&)>;

// Gives every record that is not known to `replay`, in order. Changes nothing. DATA_LOSS,
// FAILED_PRECONDITION, FileError as JournalReader; DATA_LOSS where records are missing between the
// known ones and the segments, or the segments end before; FAILED_PRECONDITION where what is known
// is of another journal; the error of `replay`.
absl::StatusOr<JournalTail> RecoverJournal(const std::string& directory, const KnownRecords& known,
                                           const ReplayEvent& replay);

}  // namespace mab::assignment
