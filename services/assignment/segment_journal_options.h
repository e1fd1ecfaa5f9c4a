// What a SegmentJournal is opened with.
//
// Thread safety: a value type and a pure function.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "assignment/journal_file.h"
#include "assignment/journal_recovery.h"
#include "common/clock.h"
#include "common/uuid.h"

namespace mab::assignment {

struct SegmentJournalOptions {
  std::string directory;
  // Whose events these are; nil while that is not known.
  Uuid database_id;
  // The next segment is begun when one has reached this. A segment is at most this and
  // buffer_bytes_max long.
  uint64_t segment_bytes_max = 64 << 20;
  // Appended and not yet written; past it Append fails with OVERLOADED.
  uint64_t buffer_bytes_max = 16 << 20;
  // All segments together; past it Append fails with JOURNAL_FULL. 0: no limit.
  uint64_t journal_bytes_max = 0;
  // What must stay free on the disk; below it Append fails with JOURNAL_FULL. 0: no limit.
  uint64_t disk_free_bytes_min = 0;
  // What the caller knows already.
  KnownRecords known;
  // Called once, from the journal's thread, when what is on the disk is no longer known. It ends
  // the process.
  std::function<void(const absl::Status&)> on_fatal;
  const Clock* clock = nullptr;  // not owned
  JournalFileOpener open_file = OpenPosixJournalFile;
};

// INVALID_ARGUMENT naming all that is wrong.
absl::Status CheckOptions(const SegmentJournalOptions& options);

}  // namespace mab::assignment
