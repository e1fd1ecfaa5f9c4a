#include "storage/used_version_store.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "bandit/draw.h"
#include "bandit/replay.h"
#include "common/status_macros.h"
#include "storage/version_row.h"

namespace mab::storage {

absl::StatusOr<std::vector<bandit::DrawVersion>> UsedVersionStore::GetMany(
    PgConnection& db, ExperimentId experiment_id, const std::vector<uint64_t>& numbers) {
  PgBigintArray number_array(numbers.size());
  for (const uint64_t number : numbers) {
    if (number <= uint64_t{std::numeric_limits<int64_t>::max()}) number_array.Add(number);
  }
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

bool IsAsPublished(const bandit::DrawVersion& version, const std::vector<VariantId>& variants) {
  if (!bandit::IsDrawable(version) || version.arms.size() > variants.size()) return false;
  for (size_t i = 0; i < version.arms.size(); ++i) {
    if (version.arms[i].variant_id != variants[i]) return false;
  }
  return bandit::VersionDeviation(version) <= bandit::kVersionTolerance;
}

}  // namespace mab::storage
