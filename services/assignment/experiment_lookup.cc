#include "assignment/experiment_lookup.h"

#include <algorithm>

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

bool Answers(const SnapshotExperiment& experiment) {
  return experiment.state != ExperimentState::kDraft &&
         experiment.state != ExperimentState::kArchived;
}

bool Allows(const SnapshotExperiment& experiment, absl::string_view origin) {
  const std::vector<std::string>& allowed = experiment.allowed_origins;
  return allowed.empty() || origin.empty() ||
         std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
}

}  // namespace

absl::Status NotRunningError(const SnapshotExperiment& experiment) {
  return FailedPreconditionError(
      kReasonExperimentNotRunning,
      absl::StrCat("the experiment ", experiment.key, " ", StateInWords(experiment.state)));
}

absl::StatusOr<std::shared_ptr<const SnapshotExperiment>> FindAnswering(const Snapshot& snapshot,
                                                                        absl::string_view name,
                                                                        const Caller& caller) {
  std::shared_ptr<const SnapshotExperiment> experiment =
      caller.by_key ? snapshot.FindByKey(name) : snapshot.Find(name);
  if (experiment == nullptr) {
    return NotFoundError(kReasonExperimentNotFound, "there is no such experiment");
  }
  if (!Answers(*experiment)) return NotRunningError(*experiment);
  if (!Allows(*experiment, caller.origin)) {
    return OriginNotAllowedError(
        absl::StrCat("the experiment ", experiment->key, " does not allow pages of this website"));
  }
  return experiment;
}

std::vector<std::shared_ptr<const SnapshotExperiment>> ListAnswering(const Snapshot& snapshot,
                                                                     const Caller& caller) {
  std::vector<std::shared_ptr<const SnapshotExperiment>> listed;
  for (const auto& [id, experiment] : snapshot.by_id) {
    if (Answers(*experiment) && Allows(*experiment, caller.origin)) listed.push_back(experiment);
  }
  std::ranges::sort(listed, {}, [](const auto& one) -> const std::string& { return one->key; });
  return listed;
}

bool RecordIsOpen(const SnapshotExperiment& experiment, absl::Time now) {
  return experiment.state != ExperimentState::kCompleted ||
         now <= experiment.end_time.value_or(absl::InfinitePast()) + experiment.conversion_window;
}

absl::Status StillLoadingError() {
  return UnavailableError(kReasonUnavailable,
                          "the assignments of known users are still being loaded");
}

}  // namespace mab::assignment
