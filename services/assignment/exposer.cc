#include "assignment/exposer.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "assignment/experiment_lookup.h"
#include "bandit/draw.h"
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

// Whether a user who is unknown would have been recorded by an assign before, had no machine made
// it.
bool WouldAdmit(const SnapshotExperiment& experiment, const bandit::UserHash& user) {
  return experiment.state == ExperimentState::kRunning &&
         bandit::TrafficShareUniform(experiment.salt, user) < experiment.traffic_share;
}

}  // namespace

absl::StatusOr<Recorded<Exposure>> Exposer::Expose(const Snapshot& snapshot,
                                                   const ExposeQuery& query) {
  using Result = absl::StatusOr<Recorded<Exposure>>;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const SnapshotExperiment> experiment,
                       FindAnswering(snapshot, query.experiment, query.caller));
  // Its users are not kept any longer.
  if (!RecordIsOpen(*experiment, recorder_->Now())) return NotRunningError(*experiment);
  StickyMap& sticky_map = recorder_->sticky_map();
  const StickyKey key{experiment->id, query.user};
  uint64_t appended = 0;
  Result result = sticky_map.WithEntry(key, [&](std::optional<StickyEntry>& entry) -> Result {
    if (!entry.has_value()) {
      if (!sticky_map.complete()) return StillLoadingError();
      if (query.caller.bot != BotSign::kNone && WouldAdmit(*experiment, query.user)) {
        counter_->AddBot(experiment->id, query.caller.bot);
      }
      return NotFoundError(kReasonAssignmentNotFound, "the user has no assignment");
    }
    const bool to_expose =
        !entry->exposed_at.has_value() && ShowsVariantOfRecord(*experiment, *entry);
    if (to_expose && query.caller.bot != BotSign::kNone) {
      counter_->AddBot(experiment->id, query.caller.bot);
    } else if (to_expose) {
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
