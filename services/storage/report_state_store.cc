#include "storage/report_state_store.h"

#include "common/status_macros.h"
#include "storage/experiment.h"

namespace mab::storage {
namespace {

constexpr char kListSql[] = R"sql(
SELECT e.id, e.key, e.revision,
       format('%s|%s|%s|%s', e.revision,
              (SELECT version FROM mab.current_versions WHERE experiment_id = e.id),
              (SELECT string_agg(format('%s:%s:%s', variant_index, exposures, conversions), ' '
                                 ORDER BY variant_index)
               FROM mab.variant_totals WHERE experiment_id = e.id),
              (SELECT sum(count) FROM mab.event_counts WHERE experiment_id = e.id)) AS fingerprint
FROM mab.experiments AS e
WHERE e.id = ANY ($1::uuid[]) OR e.key = ANY ($2::text[]))sql";

}  // namespace

absl::StatusOr<std::vector<ReportState>> ReportStateStore::List(
    PgConnection& db, const std::vector<std::string>& ids_or_keys) {
  PgUuidArray ids(ids_or_keys.size());
  PgTextArray keys(ids_or_keys.size());
  for (const std::string& id_or_key : ids_or_keys) {
    if (const auto id = Uuid::Parse(id_or_key); id.ok()) {
      ids.Add(*id);
    } else if (IsKey(id_or_key)) {
      keys.Add(id_or_key);
    }
  }
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(kListSql, {ids.ToParam(), keys.ToParam()}));
  std::vector<ReportState> states;
  states.reserve(static_cast<size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    states.push_back({.id = ExperimentId{result.GetUuid(row, "id")},
                      .key = std::string(result.Text(row, "key")),
                      .revision = static_cast<uint64_t>(result.Int(row, "revision")),
                      .fingerprint = std::string(result.Text(row, "fingerprint"))});
  }
  return states;
}

}  // namespace mab::storage
