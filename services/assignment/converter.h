// The user did what the experiment hopes for. Knows no transport.
//
// A user converts once. The variant credited is the one of record, whatever is served now; a
// conversion is credited when its user was exposed before and the conversion window, counted from
// his exposure, is still open. A completed experiment records conversions until its window has
// passed since its end: a later one could not be credited to anybody.
//
// Errors: EXPERIMENT_NOT_FOUND, EXPERIMENT_NOT_RUNNING, ORIGIN_NOT_ALLOWED, ASSIGNMENT_NOT_FOUND;
// JOURNAL_FULL and UNAVAILABLE: nothing was recorded.
//
// Thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "assignment/answer.h"
#include "assignment/entry_recorder.h"
#include "assignment/event_counter.h"
#include "assignment/query.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

class Converter {
 public:
  // Not owned; both outlive this.
  Converter(EntryRecorder* recorder, EventCounter* counter)
      : recorder_(recorder), counter_(counter) {}

  // Waits for the disk, always.
  absl::StatusOr<Recorded<Conversion>> Convert(const Snapshot& snapshot, const ConvertQuery& query);

 private:
  // Under the lock of the entry's shard. `appended` becomes the sequence of the record.
  absl::Status Record(const SnapshotExperiment& experiment, const ConvertQuery& query,
                      absl::Time now, StickyEntry& entry, uint64_t& appended);

  EntryRecorder* const recorder_;
  EventCounter* const counter_;
};

}  // namespace mab::assignment
