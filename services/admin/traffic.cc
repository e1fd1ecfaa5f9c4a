#include "admin/traffic.h"

#include "admin/timeline_plan.h"
#include "common/status_macros.h"
#include "storage/timeline_store.h"

namespace mab::admin {
namespace {

// Rows of a plan are of one length here (PlanTraffic).
class Points {
 public:
  Points(const storage::Experiment& experiment, const TimelinePlan& plan)
      : variants_(experiment.variants.size()),
        start_(plan.rows.front().start),
        length_(plan.grid.step),
        exposures_(plan.rows.size(), 0) {}

  void Add(absl::Time at, size_t variant_index, uint64_t exposures) {
    if (variant_index >= variants_) return;  // a draft had it once
    if (at < start_) return;
    const auto point = static_cast<size_t>((at - start_) / length_);
    if (point < exposures_.size()) exposures_[point] += exposures;
  }

  std::vector<uint64_t> Take() { return std::move(exposures_); }

 private:
  const size_t variants_;
  const absl::Time start_;
  const absl::Duration length_;
  std::vector<uint64_t> exposures_;
};

}  // namespace

absl::StatusOr<Traffic> ReadTraffic(PgConnection& db, const storage::Experiment& experiment,
                                    const std::vector<storage::TotalsCell>& hours, absl::Time now) {
  MAB_ASSIGN_OR_RETURN(const std::optional<storage::TimelineExtent> extent,
                       storage::TimelineStore::Extent(db, experiment.id));
  const TimelinePlan plan = PlanTraffic(experiment, extent, now);
  if (plan.rows.empty()) return Traffic();
  Points points(experiment, plan);
  if (plan.grid.step >= absl::Hours(1)) {
    for (const storage::TotalsCell& hour : hours) {
      points.Add(hour.start, hour.variant_index, hour.exposures);
    }
  } else {
    // Of an experiment that is hours old: some thousand rows at most.
    MAB_ASSIGN_OR_RETURN(
        const std::vector<storage::TimelineCell> cells,
        storage::TimelineStore::Cells(db, experiment.id, plan.grid, plan.rows.back().end));
    for (const storage::TimelineCell& cell : cells) {
      points.Add(cell.start.value_or(absl::InfinitePast()), cell.variant_index, cell.exposures);
    }
  }
  return Traffic{.start = plan.rows.front().start, .step = plan.step, .exposures = points.Take()};
}

}  // namespace mab::admin
