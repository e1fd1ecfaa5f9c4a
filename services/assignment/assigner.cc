#include "assignment/assigner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "assignment/experiment_lookup.h"
#include "bandit/draw.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

using ExperimentPtr = std::shared_ptr<const SnapshotExperiment>;

// An answer that leaves no record. `wait`: for what it rests on.
Recorded<Assignment> Unrecorded(const ExperimentPtr& experiment, size_t variant_index,
                                AssignReason reason, JournalWait wait = {}) {
  const bool disabled = experiment->variants[variant_index].disabled;
  Assignment answer;
  answer.experiment = experiment;
  answer.variant_index = disabled ? experiment->control_index : variant_index;
  answer.reason = disabled ? AssignReason::kVariantDisabled : reason;
  return {std::move(answer), wait};
}

Assignment FromEntry(const ExperimentPtr& experiment, const StickyEntry& entry, bool returning) {
  Assignment answer;
  answer.experiment = experiment;
  answer.variant_index = entry.variant_index;
  answer.returning = returning;
  answer.counted = entry.exposed_at.has_value();
  answer.propensity = entry.propensity;
  answer.version = entry.version;
  answer.assigned_at = entry.assigned_at;
  return answer;
}

}  // namespace

absl::StatusOr<Recorded<Assignment>> Assigner::Assign(const Snapshot& snapshot,
                                                      const AssignQuery& query) {
  MAB_ASSIGN_OR_RETURN(const ExperimentPtr experiment,
                       FindAnswering(snapshot, query.experiment, query.caller));
  if (experiment->state == ExperimentState::kCompleted) {
    return Unrecorded(experiment, experiment->winner_index.value_or(experiment->control_index),
                      AssignReason::kWinner);
  }
  StickyMap& sticky_map = recorder_->sticky_map();
  const StickyKey key{experiment->id, query.user};
  uint64_t appended = 0;
  Result result = sticky_map.WithEntry(key, [&](std::optional<StickyEntry>& entry) -> Result {
    if (!sticky_map.complete() && !(entry.has_value() && entry->assignment_is_known())) {
      return StillLoadingError();
    }
    if (entry.has_value()) return AssignKnown(experiment, query, *entry, appended);
    if (experiment->state == ExperimentState::kPaused) {
      return Unrecorded(experiment, experiment->control_index, AssignReason::kPaused);
    }
    return AssignNew(experiment, query, entry, appended);
  });
  recorder_->TakeBackOnFailure(key, appended);
  return result;
}

Assigner::Result Assigner::AssignKnown(const ExperimentPtr& experiment, const AssignQuery& query,
                                       StickyEntry& entry, uint64_t& appended) {
  if (entry.variant_index >= experiment->variants.size()) {
    return InternalError("the variant of record does not exist");
  }
  if (experiment->variants[entry.variant_index].disabled) {
    return Unrecorded(experiment, experiment->control_index, AssignReason::kVariantDisabled,
                      recorder_->WaitFor(entry.assignment_sequence));
  }
  const bool to_expose = query.expose && !entry.exposed_at.has_value();
  if (to_expose && query.caller.bot != BotSign::kNone) {
    counter_->AddBot(experiment->id, query.caller.bot);
  } else if (to_expose) {
    const absl::Time now = std::max(recorder_->Now(), entry.assigned_at);
    absl::StatusOr<uint64_t> sequence = recorder_->AppendAbout(
        entry, storage::ExposureEvent{experiment->id, query.user, entry.variant_index,
                                      entry.version, now});
    if (sequence.ok()) {
      appended = *sequence;
      entry.exposed_at = now;
      entry.exposure_sequence = appended;
    } else if (ErrorReason(sequence.status()) != kReasonJournalFull) {
      return sequence.status();
    }
    // Where the journal is full a known user is answered all the same: uncounted, as the answer
    // says, and counted at a later visit.
  }
  return Recorded<Assignment>{
      FromEntry(experiment, entry, /*returning=*/true),
      recorder_->WaitFor(std::max(entry.assignment_sequence, entry.exposure_sequence))};
}

Assigner::Result Assigner::AssignNew(const ExperimentPtr& experiment, const AssignQuery& query,
                                     std::optional<StickyEntry>& entry, uint64_t& appended) {
  if (bandit::TrafficShareUniform(experiment->salt, query.user) >= experiment->traffic_share) {
    return Unrecorded(experiment, experiment->control_index, AssignReason::kOutsideTraffic);
  }
  if (experiment->version == nullptr) {
    return UnavailableError(kReasonUnavailable, "the experiment's first version is being made");
  }
  const bandit::DrawVersion& version = *experiment->version;
  const size_t index = bandit::Draw(version, query.user);
  // The version is a moment older than the disabling: the next one does not draw this variant.
  if (experiment->variants[index].disabled) {
    return Unrecorded(experiment, experiment->control_index, AssignReason::kVariantDisabled);
  }
  if (query.caller.bot != BotSign::kNone) {
    if (query.expose) counter_->AddBot(experiment->id, query.caller.bot);
    return Unrecorded(experiment, index, AssignReason::kBot);
  }
  if (!recorder_->sticky_map().has_room()) {
    return Unrecorded(experiment, experiment->control_index, AssignReason::kNoRoom);
  }
  MAB_ASSIGN_OR_RETURN(const uint64_t version_sequence, versions_->Ensure(experiment->id, version));

  StickyEntry added;
  added.variant_index = static_cast<uint16_t>(index);
  added.version = version.number;
  added.propensity = version.arms[index].allocation;
  added.assigned_at = recorder_->Now();
  const storage::AssignmentEvent event{experiment->id, query.user,       added.variant_index,
                                       added.version,  added.propensity, added.assigned_at,
                                       query.expose};
  MAB_ASSIGN_OR_RETURN(appended, recorder_->Append(event, version_sequence));
  added.assignment_sequence = appended;
  if (query.expose) {
    added.exposed_at = added.assigned_at;
    added.exposure_sequence = appended;
  }
  entry = added;
  return Recorded<Assignment>{FromEntry(experiment, added, /*returning=*/false),
                              recorder_->WaitFor(appended)};
}

absl::StatusOr<Recorded<Assignment>> Assigner::Preview(const Snapshot& snapshot,
                                                       absl::string_view experiment_name,
                                                       absl::string_view variant_key,
                                                       const Caller& caller) {
  MAB_ASSIGN_OR_RETURN(const ExperimentPtr experiment,
                       FindAnswering(snapshot, experiment_name, caller));
  for (size_t i = 0; i < experiment->variants.size(); ++i) {
    const SnapshotVariant& variant = experiment->variants[i];
    if (variant.key == variant_key && !variant.disabled) {
      return Unrecorded(experiment, i, AssignReason::kForced);
    }
  }
  return NotFoundError(kReasonVariantNotFound, "there is no such variant, or it is disabled");
}

}  // namespace mab::assignment
