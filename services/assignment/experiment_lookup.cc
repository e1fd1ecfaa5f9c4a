#include "assignment/experiment_lookup.h"

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

absl::string_view StateInWords(ExperimentState state) {
  switch (state) {
    case ExperimentState::kDraft:
      return "has not started";
    case ExperimentState::kRunning:
      return "is running";
    case ExperimentState::kPaused:
      return "is paused";
    case ExperimentState::kCompleted:
      return "is completed";
    case ExperimentState::kArchived:
      return "is archived";
  }
  return "is in no known state";
}

}  // namespace

absl::Status NotRunningError(const SnapshotExperiment& experiment) {
  return FailedPreconditionError(
      kReasonExperimentNotRunning,
      absl::StrCat("the experiment ", experiment.key, " ", StateInWords(experiment.state)));
}

absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> FindAnswering(const Snapshot& snapshot,
                                                                        absl::string_view name) {
  std::shared_ptr<const SnapshotExperiment> experiment = snapshot.Find(name);
  if (experiment == nullptr) {
    return NotFoundError(kReasonExperimentNotFound, "there is no such experiment");
  }
  if (experiment->state == ExperimentState::kDraft ||
      experiment->state == ExperimentState::kArchived) {
    return NotRunningError(*experiment);
  }
  return experiment;
}

absl::Status StillLoadingError() {
  return UnavailableError(kReasonUnavailable,
                          "the assignments of known users are still being loaded");
}

}  // namespace mab::assignment
