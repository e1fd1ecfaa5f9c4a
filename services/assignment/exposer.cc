#include "assignment/exposer.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "assignment/experiment_lookup.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

// Whether a user of this entry sees the variant of record.
bool ShowsVariantOfRecord(const SnapshotExperiment& experiment, const StickyEntry& entry) {
  return experiment.state != ExperimentState::kCompleted &&
         entry.variant_index < experiment.variants.size() &&
         !experiment.variants[entry.variant_index].disabled;
}

}  // namespace

absl::StatusOr<Recorded<Exposure>> Exposer::Expose(const Snapshot& snapshot,
                                                   const ExposeQuery& query) {
  using Result = absl::StatusOr<Recorded<Exposure>>;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const SnapshotExperiment> experiment,
                       FindAnswering(snapshot, query.experiment, query.caller));
  StickyMap& sticky_map = recorder_->sticky_map();
  const StickyKey key{experiment->id, query.user};
  uint64_t appended = 0;
  Result result = sticky_map.WithEntry(key, [&](std::optional<StickyEntry>& entry) -> Result {
    if (!entry.has_value()) {
      if (!sticky_map.complete()) return StillLoadingError();
      return NotFoundError(kReasonAssignmentNotFound, "the user has no assignment");
    }
    if (!entry->exposed_at.has_value() && ShowsVariantOfRecord(*experiment, *entry)) {
      const absl::Time now = std::max(recorder_->Now(), entry->assigned_at);
      MAB_ASSIGN_OR_RETURN(
          appended, recorder_->AppendAbout(
                        *entry, storage::ExposureEvent{experiment->id, query.user,
                                                       entry->variant_index, entry->version, now}));
      entry->exposed_at = now;
      entry->exposure_sequence = appended;
    }
    return Recorded<Exposure>{
        {entry->exposed_at},
        recorder_->WaitFor(std::max(entry->assignment_sequence, entry->exposure_sequence))};
  });
  recorder_->TakeBackOnFailure(key, appended);
  return result;
}

}  // namespace mab::assignment
