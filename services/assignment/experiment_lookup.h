// Finds the experiment that a call names, in a state in which it answers calls.
//
// Thread safety: pure functions.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "assignment/caller.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

// RUNNING, PAUSED or COMPLETED. EXPERIMENT_NOT_FOUND; EXPERIMENT_NOT_RUNNING for drafts and
// archived experiments; ORIGIN_NOT_ALLOWED where the caller is the page of a website that is not
// among those that the experiment names.
absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> FindAnswering(const Snapshot& snapshot,
                                                                        absl::string_view name,
                                                                        const Caller& caller);

// All that answer such a caller's calls, by any name, in the order of their keys.
std::vector<std::shared_ptr<const SnapshotExperiment>> ListAnswering(const Snapshot& snapshot,
                                                                     const Caller& caller);

absl::Status NotRunningError(const SnapshotExperiment& experiment);

// Whether anything of a user may still be recorded at `now`: until the conversion window has passed
// since the experiment's end.
bool RecordIsOpen(const SnapshotExperiment& experiment, absl::Time now);

// UNAVAILABLE: whether a user is known can't be said before the sticky map is complete.
absl::Status StillLoadingError();

}  // namespace mab::assignment
