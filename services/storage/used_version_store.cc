#include "storage/used_version_store.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/version_row.h"

namespace mab::storage {

absl::StatusOr<std::vector<bandit::DrawVersion>> UsedVersionStore::GetMany(
    PgConnection& db, ExperimentId experiment_id, const std::vector<uint64_t>& numbers) {
  PgBigintArray number_array(numbers.size());
  for (const uint64_t number : numbers) number_array.Add(number);
  MAB_ASSIGN_OR_RETURN(const PgResult result,
                       db.Execute(absl::StrCat("SELECT ", kVersionColumns,
                                               " FROM mab.versions WHERE experiment_id = $1"
                                               " AND version = ANY($2::bigint[]) ORDER BY version"),
                                  {experiment_id, number_array.ToParam()}));
  std::vector<bandit::DrawVersion> versions;
  versions.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) versions.push_back(ReadVersionRow(result, row));
  return versions;
}

}  // namespace mab::storage
