#include "storage/totals_store.h"

#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kGetManySql[] = R"(
SELECT experiment_id, variant_index, exposures, conversions
FROM mab.variant_totals
WHERE experiment_id = ANY($1::uuid[])
ORDER BY experiment_id, variant_index)";

}  // namespace

absl::StatusOr<std::vector<VariantTotals>> TotalsStore::GetMany(
    PgConnection& db, const std::vector<ExperimentId>& ids) {
  PgArray id_array;
  for (const ExperimentId& id : ids) id_array.Add(id);
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kGetManySql, {id_array.ToParam()}));
  std::vector<VariantTotals> totals;
  totals.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    totals.push_back({.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")},
                      .variant_index = static_cast<size_t>(result.Int(row, "variant_index")),
                      .exposures = static_cast<uint64_t>(result.Int(row, "exposures")),
                      .conversions = static_cast<uint64_t>(result.Int(row, "conversions"))});
  }
  return totals;
}

}  // namespace mab::storage
