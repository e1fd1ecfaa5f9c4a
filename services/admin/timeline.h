// What an experiment had learned, step by step: from rollups and versions, never from raw rows.
//
// Thread safety: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "admin/timeline_plan.h"
#include "bandit/credible_interval.h"
#include "bandit/delay_distribution.h"
#include "storage/experiment.h"
#include "storage/timeline_store.h"

namespace mab::admin {

struct VariantTimeline {
  // Of this row, and credited to it.
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // Of this row and all before it: conversions / exposures; 0 where there are none.
  double cumulative_rate = 0;
  // Of the rate, at kCredibleLevel, from the same exposures.
  bandit::Interval credible_interval;
  // At the row's version; nullopt where there is none.
  std::optional<double> probability_best;
  std::optional<double> allocation;
};

struct TimelineRow {
  TimelineRowTime time;
  // The last that was drawn from before the row's end; 0: none.
  uint64_t version = 0;
  // By variant index.
  std::vector<VariantTimeline> variants;
};

struct Timeline {
  absl::Time as_of;
  TimelinePlan plan;
  std::vector<TimelineRow> rows;
};

// `cells` are all exposures before the end of the last row, as TimelineStore::Cells of the plan's
// grid gave them; `versions` the last ones before the ends of the rows, by number.
//
// An exposure that has not converted counts as the share of conversions that comes by its age, that
// of the middle of its cell, as in the analytics (draw_input.h). To match the moments exactly at
// high rates, as those do, would cost more than all the rest; so where rates are above some 20 %,
// the intervals of the last window lie a little lower than theirs.
Timeline MakeTimeline(const storage::Experiment& experiment, TimelinePlan plan,
                      const std::vector<storage::TimelineCell>& cells,
                      const std::vector<storage::VersionShares>& versions,
                      const bandit::DelayDistribution& delays, absl::Time now);

}  // namespace mab::admin
