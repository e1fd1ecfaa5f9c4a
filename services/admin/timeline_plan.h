// Which rows a timeline has: its step, where each row begins and ends, and the cells that
// PostgreSQL is to add up for them.
//
// Thread safety: value types and pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/experiment.h"
#include "storage/timeline_store.h"

namespace mab::admin {

// Rows of a timeline whose step is not given, at most.
inline constexpr size_t kTimelineRowsDefault = 400;
// Rows of any, and rows times variants.
inline constexpr size_t kTimelineRowsMax = 2500;
inline constexpr size_t kTimelineCellsMax = 50'000;
// Points of the traffic in a summary.
inline constexpr size_t kTrafficPointsMax = 30;

struct TimelineQuery {
  std::string id_or_key = {};
  // "1h"; empty: the shortest that gives at most kTimelineRowsDefault rows.
  std::string step = {};
  std::optional<absl::Time> start = {};
  std::optional<absl::Time> end = {};
};

struct TimelineRowTime {
  absl::Time start;
  absl::Time end;
};

struct TimelinePlan {
  std::string step;
  // Ascending, without gaps; empty where the experiment has not started or the query asks for
  // nothing of it. A row before grid.minutes_from is of an hour at least.
  std::vector<TimelineRowTime> rows;
  storage::TimelineGrid grid;
};

// `extent` is nullopt where nothing was exposed. INVALID_ARGUMENT naming `step` where there is no
// such step, or it gives too many rows, and `end` where it is not after `start`.
absl::StatusOr<TimelinePlan> PlanTimeline(const TimelineQuery& query,
                                          const storage::Experiment& experiment,
                                          const std::optional<storage::TimelineExtent>& extent,
                                          absl::Time now);

// From the experiment's start to its end or to now, by the shortest step that gives at most
// kTrafficPointsMax rows; where the longest gives more, the newest of them. All rows are of one
// length.
TimelinePlan PlanTraffic(const storage::Experiment& experiment,
                         const std::optional<storage::TimelineExtent>& extent, absl::Time now);

}  // namespace mab::admin
