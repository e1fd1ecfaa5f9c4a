#include "assignment/sticky_upkeep.h"

#include <memory>
#include <utility>

#include "assignment/experiment_lookup.h"
#include "common/log.h"

namespace mab::assignment {
namespace {

constexpr absl::Duration kClosedBefore = absl::Hours(1);
// Of MAB_STICKY_MAX_BYTES, from which on the log warns.
constexpr double kAlmostFullShare = 0.8;

}  // namespace

StickyKeeps KeepsOf(const Snapshot& snapshot, absl::Time now) {
  StickyKeeps keeps;
  for (const auto& [id, experiment] : snapshot.by_id) {
    if (experiment->state == ExperimentState::kArchived) {
      keeps[id] = StickyKeep::kNothing;
    } else if (experiment->end_time.has_value() &&
               !RecordIsOpen(*experiment, now - kClosedBefore)) {
      keeps[id] = StickyKeep::kConverted;
    }
  }
  return keeps;
}

StickyUpkeep::StickyUpkeep(const Options& options)
    : options_(options),
      entries_(
          options.metrics->Gauge("mab_sticky_entries", "Assignments that are held in memory.")),
      bytes_(options.metrics->Gauge("mab_sticky_bytes", "Memory that they take.")),
      bytes_max_(options.metrics->Gauge(
          "mab_sticky_bytes_max", "Memory that they may take, MAB_STICKY_MAX_BYTES; 0: no limit.")),
      removed_(options.metrics->Counter("mab_sticky_entries_removed_total",
                                        "Assignments that went with their ended experiment.")) {
  bytes_max_.Set(static_cast<double>(options_.sticky_map->bytes_max()));
}

void StickyUpkeep::RunOnce() {
  LetGo();
  Settle();
  Observe();
}

void StickyUpkeep::LetGo() {
  const std::shared_ptr<const Snapshot> snapshot = options_.snapshots->Get();
  if (snapshot == nullptr) return;
  StickyKeeps keeps = KeepsOf(*snapshot, options_.clock->Now());
  if (keeps == keeps_) return;
  keeps_ = std::move(keeps);
  const size_t removed = options_.sticky_map->SetKeeps(keeps_);
  if (removed == 0) return;
  removed_.Increment(static_cast<double>(removed));
  options_.checkpointer->RequestWithoutRemoved();
  MAB_LOG(kInfo, "let go of assignments of ended experiments", {{"assignments", removed}});
}

void StickyUpkeep::Settle() {
  SegmentJournal& journal = *options_.journal;
  const uint64_t written = journal.written();
  // Nobody else may wait for the disk: without PostgreSQL nothing is drained.
  if (written > journal.synced()) journal.WhenSynced(written, [](const absl::Status&) {});
  const size_t removed =
      options_.sticky_map->Settle(options_.checkpointer->settles_through(),
                                  [&](uint64_t sequence) { return journal.WasWritten(sequence); });
  if (removed == 0) return;
  removed_.Increment(static_cast<double>(removed));
  options_.checkpointer->RequestWithoutRemoved();
}

void StickyUpkeep::Observe() {
  const StickyMap& map = *options_.sticky_map;
  entries_.Set(static_cast<double>(map.size()));
  bytes_.Set(static_cast<double>(map.memory_bytes()));
  const Fill before = fill_;
  const auto almost = static_cast<size_t>(kAlmostFullShare * static_cast<double>(map.bytes_max()));
  fill_ = !map.has_room()                                        ? Fill::kFull
          : map.bytes_max() != 0 && map.memory_bytes() >= almost ? Fill::kAlmostFull
                                                                 : Fill::kFine;
  if (fill_ <= before) return;
  if (fill_ == Fill::kFull) {
    MAB_LOG(kError,
            "assignments take all of MAB_STICKY_MAX_BYTES: new users get the control, uncounted",
            {{"bytes", map.memory_bytes()}, {"users", map.size()}});
  } else {
    MAB_LOG(kWarning,
            "assignments take four fifths of MAB_STICKY_MAX_BYTES; beyond it new users get the "
            "control, uncounted",
            {{"bytes", map.memory_bytes()}, {"users", map.size()}});
  }
}

}  // namespace mab::assignment
