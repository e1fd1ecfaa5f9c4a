#include "assignment/converter.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "assignment/experiment_lookup.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

Recorded<Conversion> FromEntry(std::shared_ptr<const SnapshotExperiment> experiment,
                               const StickyEntry& entry, bool duplicate) {
  Conversion answer;
  answer.experiment = std::move(experiment);
  answer.variant_index = entry.variant_index;
  answer.duplicate = duplicate;
  answer.credited = entry.credited;
  answer.converted_at = *entry.converted_at;
  return {std::move(answer), JournalWait{0, entry.conversion_sequence}};
}

}  // namespace

absl::StatusOr<Recorded<Conversion>> Converter::Convert(const Snapshot& snapshot,
                                                        const ConvertQuery& query) {
  using Result = absl::StatusOr<Recorded<Conversion>>;
  MAB_ASSIGN_OR_RETURN(const std::shared_ptr<const SnapshotExperiment> experiment,
                       FindAnswering(snapshot, query.experiment, query.caller));
  const absl::Time now = recorder_->Now();
  StickyMap& sticky_map = recorder_->sticky_map();
  const StickyKey key{experiment->id, query.user};
  uint64_t appended = 0;
  Result result = sticky_map.WithEntry(key, [&](std::optional<StickyEntry>& entry) -> Result {
    // What is on record stays answered, whatever became of the experiment.
    if (entry.has_value() && entry->converted_at.has_value()) {
      return FromEntry(experiment, *entry, /*duplicate=*/true);
    }
    if (!RecordIsOpen(*experiment, now)) return NotRunningError(*experiment);
    if (!entry.has_value()) {
      if (!sticky_map.complete()) return StillLoadingError();
      return NotFoundError(kReasonAssignmentNotFound, "the user has no assignment");
    }
    if (entry->variant_index >= experiment->variants.size()) {
      return InternalError("the variant of record does not exist");
    }
    MAB_RETURN_IF_ERROR(Record(*experiment, query, now, *entry, appended));
    return FromEntry(experiment, *entry, /*duplicate=*/false);
  });
  recorder_->TakeBackOnFailure(key, appended);
  if (result.ok() && result->answer.duplicate) counter_->AddDuplicate(experiment->id);
  return result;
}

absl::Status Converter::Record(const SnapshotExperiment& experiment, const ConvertQuery& query,
                               absl::Time now, StickyEntry& entry, uint64_t& appended) {
  storage::ConversionEvent event;
  event.experiment_id = experiment.id;
  event.user = query.user;
  event.variant_index = entry.variant_index;
  event.version = entry.version;
  event.exposed_at = entry.exposed_at;
  // A clock that was set back does not let an effect come before its cause.
  event.converted_at = std::max(now, entry.exposed_at.value_or(entry.assigned_at));
  event.credited = entry.exposed_at.has_value() &&
                   event.converted_at - *entry.exposed_at <= experiment.conversion_window;
  event.value = query.value;
  event.event_id = query.event_id;
  MAB_ASSIGN_OR_RETURN(appended, recorder_->AppendAbout(entry, event));
  entry.converted_at = event.converted_at;
  entry.credited = event.credited;
  entry.conversion_sequence = appended;
  return absl::OkStatus();
}

}  // namespace mab::assignment
