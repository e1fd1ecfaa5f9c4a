// Reads what a timeline is made of, and makes it.
//
// Thread safety: a pure function, but for what it is given, which is thread-safe.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "admin/delay_estimates.h"
#include "admin/timeline.h"
#include "admin/timeline_plan.h"
#include "common/postgres.h"
#include "storage/change_store.h"
#include "storage/experiment.h"

namespace mab::admin {

struct ExperimentTimeline {
  storage::Experiment experiment;
  Timeline timeline;
  // From the first row's start, or the experiment's, to the query's end, oldest first.
  std::vector<storage::ExperimentChange> changes = {};
};

// EXPERIMENT_NOT_FOUND, and what PlanTimeline refuses.
absl::StatusOr<ExperimentTimeline> ReadTimeline(PgPool& pool, const TimelineQuery& query,
                                                absl::Time now, DelayEstimates& estimates);

}  // namespace mab::admin
