#include "admin/timeline_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/status_macros.h"
#include "storage/rollup_store.h"

namespace mab::admin {
namespace {

constexpr absl::Duration kClocksDiffer = absl::Hours(24);

struct Step {
  const char* name;
  absl::Duration length;
};

// Those up to an hour divide it, those from an hour on are multiples of it, and of six hours all
// are multiples or divisors: so rows are made of whole cells.
constexpr Step kSteps[] = {{"1m", absl::Minutes(1)},   {"5m", absl::Minutes(5)},
                           {"15m", absl::Minutes(15)}, {"30m", absl::Minutes(30)},
                           {"1h", absl::Hours(1)},     {"3h", absl::Hours(3)},
                           {"6h", absl::Hours(6)},     {"12h", absl::Hours(12)},
                           {"1d", absl::Hours(24)},    {"7d", absl::Hours(7 * 24)}};

// A Monday.
const absl::Time kOrigin = absl::FromUnixSeconds(4 * 24 * 3600);

absl::Time Floor(absl::Time time, absl::Duration length) {
  return kOrigin + absl::Floor(time - kOrigin, length);
}

// `start` <= time < `end` are asked for; empty where start >= end.
struct Range {
  absl::Time start;
  absl::Time end;
};

Range RangeOf(const TimelineQuery& query, const storage::Experiment& experiment,
              const std::optional<storage::TimelineExtent>& extent, absl::Time now) {
  if (!experiment.start_time.has_value()) return {now, now};
  Range range{*experiment.start_time, experiment.end_time.value_or(now)};
  // The clocks of two machines differ: what was exposed belongs to the experiment.
  if (extent.has_value()) {
    range.start = std::min(range.start, extent->first);
    // (By a day at most: one event of a clock that is years ahead would stretch the timeline to
    // it.)
    range.end = std::max(range.end, std::min(extent->last + absl::Minutes(1), now + kClocksDiffer));
  }
  range.start = std::max(range.start, query.start.value_or(range.start));
  range.end = std::min(range.end, query.end.value_or(range.end));
  return range;
}

// At most limit + 1 rows: then there are too many.
std::vector<TimelineRowTime> RowsOf(const Range& range, absl::Duration step,
                                    absl::Time minutes_from, size_t limit) {
  std::vector<TimelineRowTime> rows;
  if (range.start >= range.end) return rows;
  const absl::Duration old_step = std::max(step, absl::Hours(1));
  absl::Time start = Floor(range.start, range.start < minutes_from ? old_step : step);
  while (start < range.end && rows.size() <= limit) {
    const absl::Time end = start + (start < minutes_from ? old_step : step);
    rows.push_back({.start = start, .end = end});
    start = end;
  }
  return rows;
}

absl::Status UnknownStep() {
  std::string names;
  for (const Step& step : kSteps) absl::StrAppend(&names, names.empty() ? "" : ", ", step.name);
  return InvalidArgumentError("step", absl::StrCat("must be one of ", names));
}

// The shortest that gives at most `limit` rows, all of one length where that can be: minutes are
// not kept for long.
Step ShortestStep(const Range& range, absl::Time minutes_from, size_t limit) {
  const bool old = range.start < minutes_from;
  for (const Step& step : kSteps) {
    if (old && step.length < absl::Hours(1)) continue;
    if (RowsOf(range, step.length, minutes_from, limit).size() <= limit) return step;
  }
  return *std::rbegin(kSteps);
}

absl::StatusOr<Step> ChooseStep(const TimelineQuery& query, const Range& range,
                                absl::Time minutes_from, size_t variants) {
  if (query.step.empty()) return ShortestStep(range, minutes_from, kTimelineRowsDefault);
  for (const Step& step : kSteps) {
    if (query.step != step.name) continue;
    const size_t limit = std::min(kTimelineRowsMax, kTimelineCellsMax / variants);
    if (RowsOf(range, step.length, minutes_from, limit).size() <= limit) return step;
    return InvalidArgumentError(
        "step", absl::StrCat("gives more than ", limit, " rows, the most for ", variants,
                             " variants: take a longer one, or ask for less by start and end"));
  }
  return UnknownStep();
}

TimelinePlan PlanOf(const storage::Experiment& experiment, const Range& range, const Step& step,
                    absl::Time now) {
  TimelinePlan plan;
  plan.step = step.name;
  const absl::Time minutes_from = storage::HoursBefore(now);
  plan.rows = RowsOf(range, step.length, minutes_from, kTimelineRowsMax);
  const absl::Duration window = absl::Seconds(experiment.conversion_window_seconds);
  plan.grid = {.step = step.length,
               .from = plan.rows.empty() ? range.end : plan.rows.front().start,
               .pending_from = Floor(now - window, absl::Hours(6)),
               .minutes_from = minutes_from,
               .fine_from = Floor(now - absl::Hours(2), absl::Hours(1))};
  return plan;
}

}  // namespace

absl::StatusOr<TimelinePlan> PlanTimeline(const TimelineQuery& query,
                                          const storage::Experiment& experiment,
                                          const std::optional<storage::TimelineExtent>& extent,
                                          absl::Time now) {
  if (query.start.has_value() && query.end.has_value() && *query.start >= *query.end) {
    return InvalidArgumentError("end", "must be after start");
  }
  const absl::Time minutes_from = storage::HoursBefore(now);
  const Range range = RangeOf(query, experiment, extent, now);
  MAB_ASSIGN_OR_RETURN(
      const Step step,
      ChooseStep(query, range, minutes_from, std::max<size_t>(1, experiment.variants.size())));

  return PlanOf(experiment, range, step, now);
}

TimelinePlan PlanTraffic(const storage::Experiment& experiment,
                         const std::optional<storage::TimelineExtent>& extent, absl::Time now) {
  const Range range = RangeOf({}, experiment, extent, now);
  const absl::Time minutes_from = storage::HoursBefore(now);
  TimelinePlan plan =
      PlanOf(experiment, range, ShortestStep(range, minutes_from, kTrafficPointsMax), now);
  if (plan.rows.size() > kTrafficPointsMax) {
    plan.rows.erase(plan.rows.begin(), plan.rows.end() - kTrafficPointsMax);
  }
  return plan;
}

}  // namespace mab::admin
