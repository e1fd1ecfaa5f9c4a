// Which variant a user sees: the one he has, or a new draw. The heart of the service; knows no
// transport.
//
// What each state answers (nobody sees a disabled variant: its users see the control, unrecorded):
//
//   RUNNING          new user: a draw, recorded        known user: the variant of record
//   PAUSED           new user: the control, unrecorded known user: the variant of record
//   COMPLETED        the winner, unrecorded
//   DRAFT, ARCHIVED  EXPERIMENT_NOT_RUNNING
//
// While the sticky map has no room for more (StickyMap::has_room), a new user gets the control,
// unrecorded, as in a pause.
//
// A machine (Caller::bot) is never admitted nor exposed: unknown, it sees what the current version
// would draw for it, unrecorded; known, it sees its variant, counted as far as it was.
//
// A new user outside the experiment's traffic share sees the control, unrecorded, until he is in; a
// known user keeps what he has whatever the share becomes.
//
// Errors: EXPERIMENT_NOT_FOUND, EXPERIMENT_NOT_RUNNING, ORIGIN_NOT_ALLOWED; JOURNAL_FULL and
// UNAVAILABLE: nothing was recorded.
//
// Thread-safe. Two simultaneous first requests of one user get one answer: they meet in the lock of
// his shard.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "assignment/answer.h"
#include "assignment/entry_recorder.h"
#include "assignment/event_counter.h"
#include "assignment/query.h"
#include "assignment/snapshot.h"
#include "assignment/version_recorder.h"

namespace mab::assignment {

class Assigner {
 public:
  // Not owned; all outlive this.
  Assigner(EntryRecorder* recorder, VersionRecorder* versions, EventCounter* counter)
      : recorder_(recorder), versions_(versions), counter_(counter) {}

  absl::StatusOr<Recorded<Assignment>> Assign(const Snapshot& snapshot, const AssignQuery& query);

  // The variant with this key, unrecorded, whatever the user has: a preview. VARIANT_NOT_FOUND
  // where there is none that could be shown.
  absl::StatusOr<Recorded<Assignment>> Preview(const Snapshot& snapshot,
                                               absl::string_view experiment,
                                               absl::string_view variant_key,
                                               const Caller& caller = {});

 private:
  using ExperimentPtr = std::shared_ptr<const SnapshotExperiment>;
  using Result = absl::StatusOr<Recorded<Assignment>>;

  // Both under the lock of the entry's shard. `appended` becomes the sequence of the record that
  // was written, if any.
  Result AssignKnown(const ExperimentPtr& experiment, const AssignQuery& query, StickyEntry& entry,
                     uint64_t& appended);
  Result AssignNew(const ExperimentPtr& experiment, const AssignQuery& query,
                   std::optional<StickyEntry>& entry, uint64_t& appended);

  EntryRecorder* const recorder_;
  VersionRecorder* const versions_;
  EventCounter* const counter_;
};

}  // namespace mab::assignment
