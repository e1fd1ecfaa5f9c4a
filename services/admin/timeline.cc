#include "admin/timeline.h"

#include <algorithm>
#include <utility>

#include "admin/report.h"

namespace mab::admin {
namespace {

using storage::TimelineCell;
using storage::VersionShares;

// What has been added up of one variant so far.
struct Cumulated {
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // Σ G(age) over those that have not converted.
  double failures = 0;
  // What the interval was computed of; computed anew only where that has changed.
  bandit::Posterior posterior{0, 0};
  bandit::Interval interval;
};

double CompletedShare(const TimelineCell& cell, const storage::TimelineGrid& grid,
                      const bandit::DelayDistribution& delays, absl::Time now) {
  if (!cell.start.has_value() || *cell.start < grid.pending_from) return 1;
  const absl::Time end = std::min(now, *cell.start + grid.LengthOf(*cell.start));
  const absl::Duration age = (now - *cell.start + (now - end)) / 2;
  return delays.CompletedShare(std::max(0.0, absl::ToDoubleSeconds(age)));
}

void Add(const TimelineCell& cell, double completed_share, Cumulated& cumulated) {
  // Each credited conversion has its exposure; the mathematics relies on it.
  const uint64_t conversions = std::min(cell.conversions, cell.exposures);
  cumulated.exposures += cell.exposures;
  cumulated.conversions += conversions;
  cumulated.failures += completed_share * static_cast<double>(cell.exposures - conversions);
}

void FillCumulated(const bandit::Posterior& prior, Cumulated& cumulated, VariantTimeline& out) {
  const bandit::Posterior posterior{
      .alpha = prior.alpha + static_cast<double>(cumulated.conversions),
      .beta = prior.beta + cumulated.failures};
  if (posterior != cumulated.posterior) {
    cumulated.posterior = posterior;
    cumulated.interval = bandit::CredibleInterval(posterior, kCredibleLevel);
  }
  out.credible_interval = cumulated.interval;
  if (cumulated.exposures == 0) return;
  out.cumulative_rate =
      static_cast<double>(cumulated.conversions) / static_cast<double>(cumulated.exposures);
}

void FillShares(const VersionShares& version, TimelineRow& row) {
  row.version = version.number;
  const size_t known = std::min(
      {row.variants.size(), version.probabilities_best.size(), version.allocations.size()});
  for (size_t i = 0; i < known; ++i) {
    row.variants[i].probability_best = version.probabilities_best[i];
    row.variants[i].allocation = version.allocations[i];
  }
}

bool IsBefore(const VersionShares& version, absl::Time time) {
  return absl::FromUnixMillis(static_cast<int64_t>(version.number)) < time;
}

}  // namespace

Timeline MakeTimeline(const storage::Experiment& experiment, TimelinePlan plan,
                      const std::vector<TimelineCell>& cells,
                      const std::vector<VersionShares>& versions,
                      const bandit::DelayDistribution& delays, absl::Time now) {
  Timeline timeline{.as_of = now, .plan = std::move(plan), .rows = {}};
  std::vector<Cumulated> cumulated(experiment.variants.size());
  auto cell = cells.begin();
  auto version = versions.begin();
  for (const TimelineRowTime& time : timeline.plan.rows) {
    TimelineRow row{.time = time, .version = 0, .variants = {}};
    row.variants.resize(experiment.variants.size());
    for (; cell != cells.end() && (!cell->start.has_value() || *cell->start < time.end); ++cell) {
      if (cell->variant_index >= row.variants.size()) continue;  // a draft had it once
      Add(*cell, CompletedShare(*cell, timeline.plan.grid, delays, now),
          cumulated[cell->variant_index]);
      if (!cell->start.has_value() || *cell->start < time.start) continue;
      row.variants[cell->variant_index].exposures += cell->exposures;
      row.variants[cell->variant_index].conversions += cell->conversions;
    }
    for (size_t i = 0; i < row.variants.size(); ++i) {
      FillCumulated(experiment.prior, cumulated[i], row.variants[i]);
    }
    while (version != versions.end() && std::next(version) != versions.end() &&
           IsBefore(*std::next(version), time.end)) {
      ++version;
    }
    if (version != versions.end() && IsBefore(*version, time.end)) FillShares(*version, row);
    timeline.rows.push_back(std::move(row));
  }
  return timeline;
}

}  // namespace mab::admin
