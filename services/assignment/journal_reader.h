// Reads a journal: the records of a directory's segments, in order. Recovery reads to the end and
// learns how the log ends; the drainer follows a log that is still being written.
//
// Errors: DATA_LOSS where the log is broken in the middle, with the file, the offset and what to
// do; FAILED_PRECONDITION where a newer build wrote it; FileError.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assignment/segment_reader.h"
#include "common/uuid.h"

namespace mab::assignment {

class JournalReader {
 public:
  static constexpr uint64_t kToTheEnd = std::numeric_limits<uint64_t>::max();

  explicit JournalReader(std::string directory) : directory_(std::move(directory)) {}

  // The next record will be the first whose sequence is greater than `after`.
  absl::Status Seek(uint64_t after);

  // The next record; nullopt when all up to `through` were read, or at the end of the log.
  // `through` is a record that is written, or kToTheEnd.
  absl::StatusOr<std::optional<JournalRecord>> Next(uint64_t through = kToTheEnd);
  // What was read ahead is read again: beyond `through` it may be a write that is taken back.
  void ForgetReadAhead();

  // Of the record that was read last, or what Seek was given.
  uint64_t position() const { return position_; }
  // The segment that is being read; null when the directory has none.
  const SegmentReader* segment() const { return segment_.get(); }
  // The bytes after the last good record, which a crash left and nobody was promised. Only after
  // Next(kToTheEnd) said that there is no more: cut them at segment()->offset().
  bool torn() const { return torn_; }

 private:
  absl::StatusOr<std::optional<JournalRecord>> Read(uint64_t through);
  // The segment after the current one; false when there is none.
  absl::StatusOr<bool> NextSegment();
  absl::Status CheckFollows(const SegmentReader& next) const;
  absl::Status AtDamage();

  const std::string directory_;
  uint64_t position_ = 0;
  std::unique_ptr<SegmentReader> segment_;
  bool torn_ = false;
};

}  // namespace mab::assignment
