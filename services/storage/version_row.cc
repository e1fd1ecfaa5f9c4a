#include "storage/version_row.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/experiment.h"

namespace mab::storage {
namespace {

// The lists of a row, each of one element an arm.
struct Lists {
  std::vector<std::string> ids, eligible;
  std::vector<double> alphas, betas, weights, best, allocations;
};

template <typename T>
bool Take(std::optional<std::vector<T>> list, std::vector<T>& out) {
  if (!list.has_value()) return false;
  out = *std::move(list);
  return true;
}

bool ReadLists(const PgResult& result, int row, Lists& lists) {
  return Take(result.FlatArray(row, "variant_ids"), lists.ids) &&
         Take(result.FlatArray(row, "eligible"), lists.eligible) &&
         Take(result.FlatDoubleArray(row, "alphas"), lists.alphas) &&
         Take(result.FlatDoubleArray(row, "betas"), lists.betas) &&
         Take(result.FlatDoubleArray(row, "weights"), lists.weights) &&
         Take(result.FlatDoubleArray(row, "probabilities_best"), lists.best) &&
         Take(result.FlatDoubleArray(row, "allocations"), lists.allocations);
}

std::vector<bandit::DrawArm> ReadArms(const PgResult& result, int row) {
  Lists lists;
  if (!ReadLists(result, row, lists)) return {};
  for (const size_t size : {lists.eligible.size(), lists.alphas.size(), lists.betas.size(),
                            lists.weights.size(), lists.best.size(), lists.allocations.size()}) {
    if (size != lists.ids.size()) return {};
  }

  std::vector<bandit::DrawArm> arms(lists.ids.size());
  for (size_t i = 0; i < arms.size(); ++i) {
    arms[i] = bandit::DrawArm{.variant_id = VariantId{Uuid::Parse(lists.ids[i]).value()},
                              .eligible = lists.eligible[i] == "t",
                              .posterior = {.alpha = lists.alphas[i], .beta = lists.betas[i]},
                              .weight = lists.weights[i],
                              .probability_best = lists.best[i],
                              .allocation = lists.allocations[i]};
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
