#include "assignment/journal_room.h"

#include <algorithm>

#include "common/error.h"

namespace mab::assignment {

absl::Status NotRecordedError() {
  return UnavailableError(kReasonJournalFull,
                          "the event could not be recorded: the journal or its disk is full");
}

absl::Status JournalRoom::Check(size_t record_bytes) const {
  if (buffered_ + record_bytes > limits_.buffer_max) {
    return UnavailableError(kReasonOverloaded, "the disk takes events more slowly than they come");
  }
  if (limits_.journal_max != 0 && on_disk_ + buffered_ + record_bytes > limits_.journal_max) {
    return NotRecordedError();
  }
  if (limits_.disk_free_min != 0 && buffered_ + record_bytes > disk_left_) {
    return NotRecordedError();
  }
  return absl::OkStatus();
}

void JournalRoom::Written(uint64_t bytes) {
  buffered_ -= bytes;
  on_disk_ += bytes;
  written_ += bytes;
  if (disk_left_ != UINT64_MAX) disk_left_ -= std::min(bytes, disk_left_);
}

void JournalRoom::Removed(uint64_t bytes) { on_disk_ -= std::min(bytes, on_disk_); }

void JournalRoom::ObserveDisk(uint64_t free_bytes) {
  disk_left_ = free_bytes - std::min(free_bytes, limits_.disk_free_min);
}

}  // namespace mab::assignment
