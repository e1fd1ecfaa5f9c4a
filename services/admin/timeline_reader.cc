#include "admin/timeline_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "storage/change_store.h"
#include "storage/experiment_store.h"
#include "storage/timeline_store.h"

namespace mab::admin {
namespace {

struct Read {
  storage::Experiment experiment;
  TimelinePlan plan;
  std::vector<storage::TimelineCell> cells;
  std::vector<storage::VersionShares> versions;
  std::vector<storage::ExperimentChange> changes;
  std::shared_ptr<const bandit::DelayDistribution> delays;
};

absl::Status ReadChanges(PgConnection& db, const TimelineQuery& query, Read& read) {
  if (!read.experiment.start_time.has_value()) return absl::OkStatus();
  absl::Time since = *read.experiment.start_time;
  // Where only a part is asked for, what its first row covers.
  if (query.start.has_value()) {
    since = std::max(since, read.plan.rows.empty() ? *query.start : read.plan.rows.front().start);
  }
  MAB_ASSIGN_OR_RETURN(read.changes,
                       storage::ChangeStore::List(
                           db, {.id = read.experiment.id, .since = since, .until = query.end}));
  return absl::OkStatus();
}

absl::Status ReadAll(PgConnection& db, const TimelineQuery& query, absl::Time now,
                     DelayEstimates& estimates, Read& read) {
  MAB_ASSIGN_OR_RETURN(read.experiment, storage::ExperimentStore::Get(db, query.id_or_key));
  const ExperimentId id = read.experiment.id;
  MAB_ASSIGN_OR_RETURN(const std::optional<storage::TimelineExtent> extent,
                       storage::TimelineStore::Extent(db, id));
  MAB_ASSIGN_OR_RETURN(read.plan, PlanTimeline(query, read.experiment, extent, now));
  MAB_RETURN_IF_ERROR(ReadChanges(db, query, read));
  MAB_ASSIGN_OR_RETURN(read.delays, estimates.Get(db, read.experiment, now));
  if (read.plan.rows.empty()) return absl::OkStatus();

  std::vector<absl::Time> ends;
  ends.reserve(read.plan.rows.size());
  for (const TimelineRowTime& row : read.plan.rows) ends.push_back(row.end);
  MAB_ASSIGN_OR_RETURN(read.cells,
                       storage::TimelineStore::Cells(db, id, read.plan.grid, ends.back()));
  MAB_ASSIGN_OR_RETURN(read.versions, storage::TimelineStore::LastVersions(db, id, ends));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExperimentTimeline> ReadTimeline(PgPool& pool, const TimelineQuery& query,
                                                absl::Time now, DelayEstimates& estimates) {
  Read read;
  MAB_RETURN_IF_ERROR(pool.ReadTransaction(
      [&](PgConnection& db) { return ReadAll(db, query, now, estimates, read); }));
  // The connection is somebody else's by now: this takes as long as all of the reading.
  Timeline timeline = MakeTimeline(read.experiment, std::move(read.plan), read.cells, read.versions,
                                   *read.delays, now);
  return ExperimentTimeline{std::move(read.experiment), std::move(timeline),
                            std::move(read.changes)};
}

}  // namespace mab::admin
