// Removes the oldest segments of a journal, when nobody needs them any more.
//
// Thread safety: one thread at a time; the journal may append and be read meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assignment/journal_directory.h"

namespace mab::assignment {

// A segment goes when all its records are at most `through`, and it was complete before
// `complete_before`, or all segments together have more than `keep_bytes`. The last one stays.
struct SegmentRemovalRule {
  uint64_t through = 0;
  absl::Time complete_before = absl::InfinitePast();
  uint64_t keep_bytes = std::numeric_limits<uint64_t>::max();
};

struct RemovedSegments {
  size_t count = 0;
  // Of them, those that keep_bytes made go before their time.
  size_t early = 0;
  uint64_t bytes = 0;
  // Why no more: a file's error (journal_file.h), or that of a segment's header.
  absl::Status status;
};

// No segment in the directory has a record up to this one any more; 0: all are there. FileError, or
// that of a segment's header.
absl::StatusOr<uint64_t> RemovedThrough(const std::string& directory);

// Oldest first, so that what is left is always the journal's end.
RemovedSegments RemoveSegments(const JournalDirectory& directory, const SegmentRemovalRule& rule);

}  // namespace mab::assignment
