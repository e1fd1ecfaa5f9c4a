#include "storage/version_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/experiment.h"

namespace mab::storage {
namespace {

constexpr char kListNumbersSql[] = "SELECT experiment_id, version FROM mab.current_versions";

constexpr char kGetManySql[] = R"(
SELECT experiment_id, version, policy, floor, salt, sampler_id, variant_ids, eligible, alphas,
       betas, weights, probabilities_best, allocations
FROM mab.current_versions
WHERE experiment_id = ANY($1::uuid[]))";

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

std::vector<bandit::DrawArm> ReadArms(const PgResult& result, int row) {
  const std::vector<std::string> ids = result.Array(row, "variant_ids");
  const std::vector<std::string> eligible = result.Array(row, "eligible");
  const std::vector<double> alphas = result.DoubleArray(row, "alphas");
  const std::vector<double> betas = result.DoubleArray(row, "betas");
  const std::vector<double> weights = result.DoubleArray(row, "weights");
  const std::vector<double> best = result.DoubleArray(row, "probabilities_best");
  const std::vector<double> allocations = result.DoubleArray(row, "allocations");

  std::vector<bandit::DrawArm> arms(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    arms[i] = bandit::DrawArm{.variant_id = VariantId{Uuid::Parse(ids[i]).value()},
                              .eligible = eligible.at(i) == "t",
                              .posterior = {.alpha = alphas.at(i), .beta = betas.at(i)},
                              .weight = weights.at(i),
                              .probability_best = best.at(i),
                              .allocation = allocations.at(i)};
  }
  return arms;
}

CurrentVersion ReadVersion(const PgResult& result, int row) {
  CurrentVersion current;
  current.experiment_id = ExperimentId{result.GetUuid(row, "experiment_id")};
  bandit::DrawVersion& version = current.version;
  version.number = static_cast<uint64_t>(result.Int(row, "version"));
  version.policy = PolicyFromName(result.Text(row, "policy"));
  version.floor = result.Double(row, "floor");
  const std::string salt = result.Bytes(row, "salt");
  std::copy_n(salt.begin(), std::min(salt.size(), version.salt.size()), version.salt.begin());
  version.sampler_id = static_cast<uint32_t>(result.Int(row, "sampler_id"));
  version.arms = ReadArms(result, row);
  return current;
}

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
  MAB_ASSIGN_OR_RETURN(const PgResult result, db.Execute(kGetManySql, {id_array.ToParam()}));
  std::vector<CurrentVersion> versions;
  versions.reserve(result.rows());
  for (int row = 0; row < result.rows(); ++row) versions.push_back(ReadVersion(result, row));
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
