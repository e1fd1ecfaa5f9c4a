#include "assignment/entry_recorder.h"

#include <algorithm>

namespace mab::assignment {

absl::Time EntryRecorder::Now() const { return NowMicros(*clock_); }

absl::StatusOr<uint64_t> EntryRecorder::Append(const storage::Event& event, uint64_t after) {
  return journal_->Append(event, after);
}

absl::StatusOr<uint64_t> EntryRecorder::AppendAbout(const StickyEntry& entry,
                                                    const storage::Event& event) {
  if (entry.erasure_sequence != 0) return BeingErasedError();
  return Append(event, std::max(entry.assignment_sequence, entry.exposure_sequence));
}

void EntryRecorder::TakeBackOnFailure(const StickyKey& key, uint64_t sequence) {
  if (sequence == 0) return;
  journal_->WhenWritten(sequence, [map = sticky_map_, key, sequence](const absl::Status& written) {
    if (!written.ok()) map->TakeBack(key, sequence);
  });
}

JournalWait EntryRecorder::WaitFor(uint64_t sequence) const {
  return sync_ == JournalSync::kAlways ? JournalWait{0, sequence} : JournalWait{sequence, 0};
}

}  // namespace mab::assignment
