// All that a report on an experiment is made of, as the tables have it at one moment.
//
// Thread safety: a value type, and a pure function of the database.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/delay_estimates.h"
#include "admin/hour_cache.h"
#include "bandit/delay_distribution.h"
#include "bandit/draw_version.h"
#include "common/postgres.h"
#include "storage/experiment.h"
#include "storage/rollup_store.h"

namespace mab::admin {

struct ReportInput {
  storage::Experiment experiment;
  // Null: none was published yet.
  std::optional<bandit::DrawVersion> version;
  std::vector<storage::ArmAge> ages;
  bandit::DelayDistribution delays;
  std::vector<storage::TotalsCell> hours;
  // Of exposures that are older than the conversion window.
  std::vector<storage::MaturedTotals> matured;
  storage::ExperimentEventCounts event_counts;
  absl::Time now;
};

// What is read and computed of an experiment: a summary (experiment_summary.h) needs neither the
// confidence sequences, of which `matured` is, nor the comparisons with the control, nor what the
// counts say that are not the basis.
enum class ReportParts { kAll, kForSummary };

// In the caller's PgPool::ReadTransaction, so that all counts are of one moment.
// What it costs grows with the age of the experiment, never with its
// users. EXPERIMENT_NOT_FOUND.
absl::StatusOr<ReportInput> ReadReportInput(PgConnection& db, absl::string_view id_or_key,
                                            absl::Time now, DelayEstimates& delays,
                                            HourCache& hours,
                                            ReportParts parts = ReportParts::kAll);

}  // namespace mab::admin
