#include "storage/version_row.h"

#include <algorithm>
#include <string>
#include <vector>

#include "storage/experiment.h"

namespace mab::storage {
namespace {

std::vector<bandit::DrawArm> ReadArms(const PgResult& result, int row) {
  const std::vector<std::string> ids = result.Array(row, "variant_ids");
  const std::vector<std::string> eligible = result.Array(row, "eligible");
  const std::vector<double> alphas = result.DoubleArray(row, "alphas");
  const std::vector<double> betas = result.DoubleArray(row, "betas");
  const std::vector<double> weights = result.DoubleArray(row, "weights");
  const std::vector<double> best = result.DoubleArray(row, "probabilities_best");
  const std::vector<double> allocations = result.DoubleArray(row, "allocations");
  for (const size_t size : {eligible.size(), alphas.size(), betas.size(), weights.size(),
                            best.size(), allocations.size()}) {
    if (size != ids.size()) return {};
  }

  std::vector<bandit::DrawArm> arms(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    arms[i] = bandit::DrawArm{.variant_id = VariantId{Uuid::Parse(ids[i]).value()},
                              .eligible = eligible[i] == "t",
                              .posterior = {.alpha = alphas[i], .beta = betas[i]},
                              .weight = weights[i],
                              .probability_best = best[i],
                              .allocation = allocations[i]};
  }
  return arms;
}

}  // namespace

bandit::DrawVersion ReadVersionRow(const PgResult& result, int row) {
  bandit::DrawVersion version;
  version.number = static_cast<uint64_t>(result.Int(row, "version"));
  version.floor = result.Double(row, "floor");
  const std::string salt = result.Bytes(row, "salt");
  std::copy_n(salt.begin(), std::min(salt.size(), version.salt.size()), version.salt.begin());
  version.sampler_id = static_cast<uint32_t>(result.Int(row, "sampler_id"));
  const absl::string_view policy = result.Text(row, "policy");
  if (!IsPolicyName(policy)) return version;
  version.policy = PolicyFromName(policy);
  version.arms = ReadArms(result, row);
  return version;
}

}  // namespace mab::storage
