#include "assignment/snapshot_merge.h"

#include <cstdint>
#include <utility>

#include "assignment/experiment_lookup.h"
#include "common/log.h"

namespace mab::assignment {
namespace {

using ExperimentPtr = std::shared_ptr<const SnapshotExperiment>;

std::pair<uint64_t, uint64_t> Age(const SnapshotExperiment& experiment) {
  return {experiment.revision, experiment.version == nullptr ? 0 : experiment.version->number};
}

ExperimentPtr FindKnown(const Snapshot* known, ExperimentId id) {
  if (known == nullptr) return nullptr;
  const auto it = known->by_id.find(id);
  return it == known->by_id.end() ? nullptr : it->second;
}

void Remove(ExperimentId id, Snapshot& snapshot) {
  const auto it = snapshot.by_id.find(id);
  if (it == snapshot.by_id.end()) return;
  snapshot.by_key.erase(it->second->key);
  snapshot.by_id.erase(it);
}

// Whether `told` begins what has ended, as only a database does that was restored to an earlier
// point. The sticky map has let go of its users (sticky_upkeep.h): they would be drawn anew, and
// see another variant than the one of record.
bool BeginsAgain(const SnapshotExperiment& known, const SnapshotExperiment& told, absl::Time at) {
  const bool archived = told.state == ExperimentState::kArchived;
  if (known.state == ExperimentState::kArchived) return !archived;
  const bool over = archived || told.state == ExperimentState::kCompleted;
  return !over && known.end_time.has_value() && !RecordIsOpen(known, at);
}

// Whether `told` at `at` is to take the place of `known`.
bool Replaces(const SnapshotExperiment& told, const SnapshotExperiment& known, absl::Time at) {
  if (Age(told) <= Age(known)) return false;
  if (!BeginsAgain(known, told, at)) return true;
  MAB_LOG(kError,
          "refused an experiment that had ended, of a database that was set back: its visitors "
          "were let go; end it again, or start with an empty data directory",
          {{"experiment_id", known.id_text}, {"experiment_key", known.key}});
  return false;
}

// Puts `experiment` in the place of an older state of it.
void Put(const ExperimentPtr& experiment, Snapshot& snapshot) {
  const auto same_key = snapshot.by_key.find(experiment->key);
  if (same_key != snapshot.by_key.end() && same_key->second->id != experiment->id) {
    MAB_LOG(kError, "refused an experiment: its key is another one's",
            {{"experiment_id", experiment->id_text},
             {"experiment_key", experiment->key},
             {"holder_id", same_key->second->id_text}});
    return;
  }
  const auto same_id = snapshot.by_id.find(experiment->id);
  if (same_id != snapshot.by_id.end()) {
    if (!Replaces(*experiment, *same_id->second, snapshot.created_at)) return;
    Remove(experiment->id, snapshot);
  }
  snapshot.by_key[experiment->key] = experiment;
  snapshot.by_id[experiment->id] = experiment;
}

// A revoked key must not come back with an admin that has lost its database.
std::shared_ptr<const CallerKeys> MergeKeys(const std::shared_ptr<const CallerKeys>& known,
                                            const std::shared_ptr<const CallerKeys>& told) {
  if (told == nullptr) return known;
  if (known == nullptr) return CarryUses(nullptr, *told);
  if (told->as_of_ms() != 0 && told->as_of_ms() < known->as_of_ms()) {
    if (!SameKeys(known.get(), told.get())) {
      MAB_LOG(kWarning, "refused API keys that are older than those that are known",
              {{"as_of_ms", told->as_of_ms()}, {"known_as_of_ms", known->as_of_ms()}});
    }
    return known;
  }
  return CarryUses(known.get(), *told);
}

}  // namespace

std::shared_ptr<const Snapshot> MergeSnapshot(const Snapshot* known, const SnapshotUpdate& update) {
  auto merged = std::make_shared<Snapshot>();
  if (!update.full && known != nullptr) *merged = *known;
  merged->created_at = update.created_at;
  merged->database_id = update.database_id;
  merged->caller_keys =
      MergeKeys(known == nullptr ? nullptr : known->caller_keys, update.caller_keys);

  for (const ExperimentId id : update.removed) Remove(id, *merged);
  if (!update.full) {
    for (const ExperimentPtr& experiment : update.experiments) Put(experiment, *merged);
    return merged;
  }
  for (const ExperimentPtr& experiment : update.experiments) {
    const ExperimentPtr before = FindKnown(known, experiment->id);
    const bool stays = before != nullptr && !Replaces(*experiment, *before, update.created_at);
    Put(stays ? before : experiment, *merged);
  }
  for (const ExperimentId id : update.refused) {
    if (const ExperimentPtr before = FindKnown(known, id); before != nullptr) Put(before, *merged);
  }
  return merged;
}

}  // namespace mab::assignment
