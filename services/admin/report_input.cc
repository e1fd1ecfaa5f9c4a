#include "admin/report_input.h"

#include <utility>

#include "common/status_macros.h"
#include "storage/experiment_store.h"
#include "storage/version_store.h"

namespace mab::admin {

absl::StatusOr<ReportInput> ReadReportInput(PgConnection& db, absl::string_view id_or_key,
                                            absl::Time now, DelayEstimates& delays,
                                            HourCache& hours, ReportParts parts) {
  ReportInput input;
  input.now = now;
  MAB_ASSIGN_OR_RETURN(input.experiment, storage::ExperimentStore::Get(db, id_or_key));
  const std::vector<ExperimentId> ids = {input.experiment.id};
  MAB_ASSIGN_OR_RETURN(std::vector<storage::CurrentVersion> versions,
                       storage::VersionStore::GetMany(db, ids));
  if (!versions.empty()) input.version = std::move(versions.front().version);
  MAB_ASSIGN_OR_RETURN(input.ages, storage::RollupStore::ArmAges(db, ids, now));
  MAB_ASSIGN_OR_RETURN(const auto distribution, delays.Get(db, input.experiment, now));
  input.delays = *distribution;
  MAB_ASSIGN_OR_RETURN(input.hours, hours.Read(db, input.experiment, input.ages, now));
  if (parts == ReportParts::kAll) {
    const absl::Time matured = now - absl::Seconds(input.experiment.conversion_window_seconds);
    MAB_ASSIGN_OR_RETURN(input.matured,
                         storage::RollupStore::Matured(db, input.experiment.id, now, matured));
  }
  MAB_ASSIGN_OR_RETURN(input.event_counts,
                       storage::RollupStore::EventCounts(db, input.experiment.id, now));
  return input;
}

}  // namespace mab::admin
