// Whether there is room for another record: the limits on what waits to be written, on all segments
// together, and on what must stay free on the disk.
//
// Thread safety: none of its own; the journal's lock guards it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace mab::assignment {

// JOURNAL_FULL.
absl::Status NotRecordedError();

class JournalRoom {
 public:
  // In bytes; 0: no limit (but for the first).
  struct Limits {
    uint64_t buffer_max = 0;
    uint64_t journal_max = 0;
    uint64_t disk_free_min = 0;
  };

  JournalRoom(const Limits& limits, uint64_t on_disk) : limits_(limits), on_disk_(on_disk) {}

  // OVERLOADED: the disk is behind. JOURNAL_FULL.
  absl::Status Check(size_t record_bytes) const;

  void Buffered(size_t bytes) { buffered_ += bytes; }
  // Of what was buffered, so much is in the segments now.
  void Written(uint64_t bytes);
  // What was buffered is nowhere.
  void ForgetBuffered() { buffered_ = 0; }
  void SegmentBegun(uint64_t header_bytes) { on_disk_ += header_bytes; }
  void Removed(uint64_t bytes);
  // So much is free on the disk at this moment: until the next look, what is written counts down.
  void ObserveDisk(uint64_t free_bytes);

  uint64_t on_disk() const { return on_disk_; }
  // All records that were ever written, of this run: it only grows.
  uint64_t written() const { return written_; }
  // The disk has less than must stay free.
  bool disk_is_short() const { return limits_.disk_free_min != 0 && disk_left_ == 0; }

 private:
  const Limits limits_;
  uint64_t buffered_ = 0;
  // All segments.
  uint64_t on_disk_;
  uint64_t written_ = 0;
  // What may still be written before the disk has only disk_free_min left. Much, until it is known.
  uint64_t disk_left_ = UINT64_MAX;
};

}  // namespace mab::assignment
