#include "assignment/entry_recorder.h"

#include <algorithm>
#include <variant>

namespace mab::assignment {

namespace {

// The event makes its user a trial.
bool IsExposure(const storage::Event& event) {
  const auto* assignment = std::get_if<storage::AssignmentEvent>(&event);
  return assignment != nullptr ? assignment->exposed
                               : std::holds_alternative<storage::ExposureEvent>(event);
}

}  // namespace

absl::Time EntryRecorder::Now() const { return NowMicros(*clock_); }

absl::StatusOr<uint64_t> EntryRecorder::Append(const storage::Event& event, uint64_t after) {
  absl::StatusOr<uint64_t> appended = journal_->Append(event, after);
  if (appended.ok() && IsExposure(event)) exposures_.fetch_add(1, std::memory_order_relaxed);
  return appended;
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
