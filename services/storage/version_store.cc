#include "storage/version_store.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/experiment.h"
#include "storage/version_row.h"

namespace mab::storage {
namespace {

constexpr char kListNumbersSql[] = "SELECT experiment_id, version FROM mab.current_versions";

std::string GetManySql() {
  return absl::StrCat("SELECT experiment_id, ", kVersionColumns,
                      " FROM mab.current_versions WHERE experiment_id = ANY($1::uuid[])");
}

// The WHERE holds the numbers' promise even against a writer that lost its lock.
constexpr char kUpsertSql[] = R"(
INSERT INTO mab.current_versions AS current
  (experiment_id, version, policy, floor, salt, sampler_id, variant_ids, eligible, alphas, betas,
   weights, probabilities_best, allocations)
VALUES ($1, $2, $3, $4, $5, $6, $7::uuid[], $8::boolean[], $9::double precision[],
        $10::double precision[], $11::double precision[], $12::double precision[],
        $13::double precision[])
ON CONFLICT (experiment_id) DO UPDATE SET
  version = excluded.version, policy = excluded.policy, floor = excluded.floor,
  salt = excluded.salt, sampler_id = excluded.sampler_id, variant_ids = excluded.variant_ids,
  eligible = excluded.eligible, alphas = excluded.alphas, betas = excluded.betas,
  weights = excluded.weights, probabilities_best = excluded.probabilities_best,
  allocations = excluded.allocations
WHERE current.version < excluded.version)";

}  // namespace

absl::StatusOr<std::vector<VersionNumber>> VersionStore::ListNumbers(PgConnection& db) {
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kListNumbersSql));
  std::vector<VersionNumber> numbers;
  numbers.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    numbers.push_back({.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")},
                       .number = static_cast<uint64_t>(result.Int(row, "version"))});
  }
  return numbers;
}

absl::StatusOr<std::vector<CurrentVersion>> VersionStore::GetMany(
    PgConnection& db, const std::vector<ExperimentId>& ids) {
  PgArray id_array;
  for (const ExperimentId& id : ids) id_array.Add(id);
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(GetManySql(), {id_array.ToParam()}));
  std::vector<CurrentVersion> versions;
  versions.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) {
    versions.push_back({.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")},
                        .version = ReadVersionRow(result, row)});
  }
  return versions;
}

absl::Status VersionStore::Upsert(PgConnection& db, ExperimentId experiment_id,
                                  const bandit::DrawVersion& version) {
  PgArray ids, eligible, alphas, betas, weights, best, allocations;
  for (const bandit::DrawArm& arm : version.arms) {
    ids.Add(arm.variant_id);
    eligible.Add(arm.eligible);
    alphas.Add(arm.posterior.alpha);
    betas.Add(arm.posterior.beta);
    weights.Add(arm.weight);
    best.Add(arm.probability_best);
    allocations.Add(arm.allocation);
  }
  const absl::string_view salt(reinterpret_cast<const char*>(version.salt.data()),
                               version.salt.size());
  MAB_ASSIGN_OR_RETURN(
      const PgResult result,
      db.Execute(kUpsertSql, {experiment_id, version.number, PgParam(PolicyName(version.policy)),
                              version.floor, PgParam::Bytes(salt), version.sampler_id,
                              ids.ToParam(), eligible.ToParam(), alphas.ToParam(), betas.ToParam(),
                              weights.ToParam(), best.ToParam(), allocations.ToParam()}));
  if (result.affected_rows() == 0) {
    return absl::AbortedError(absl::StrCat("version ", version.number, " of experiment ",
                                           experiment_id.ToString(), " is not the latest"));
  }
  return absl::OkStatus();
}

}  // namespace mab::storage
