// The assignment was shown: its user becomes a trial. Knows no transport.
//
// Only what shows the variant of record is an exposure: nothing is recorded of a completed
// experiment (everybody sees the winner) or of a disabled variant (its users see the control). The
// answer says what is on record then, until a completed experiment's record is closed
// (RecordIsOpen): EXPERIMENT_NOT_RUNNING.
//
// A machine (Caller::bot) exposes nobody.
//
// Errors: EXPERIMENT_NOT_FOUND, EXPERIMENT_NOT_RUNNING, ORIGIN_NOT_ALLOWED, ASSIGNMENT_NOT_FOUND;
// JOURNAL_FULL and UNAVAILABLE: nothing was recorded.
//
// Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "assignment/answer.h"
#include "assignment/entry_recorder.h"
#include "assignment/event_counter.h"
#include "assignment/query.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

class Exposer {
 public:
  // Not owned; both outlive this.
  Exposer(EntryRecorder* recorder, EventCounter* counter)
      : recorder_(recorder), counter_(counter) {}

  absl::StatusOr<Recorded<Exposure>> Expose(const Snapshot& snapshot, const ExposeQuery& query);

 private:
  EntryRecorder* const recorder_;
  EventCounter* const counter_;
};

}  // namespace mab::assignment
