#include "admin/draw_input.h"

#include <algorithm>

namespace mab::admin {

bandit::DrawConfiguration DrawConfigurationOf(const storage::Experiment& experiment) {
  return bandit::DrawConfiguration{.policy = experiment.policy,
                                   .floor = experiment.floor,
                                   .salt = experiment.salt,
                                   .prior = experiment.prior,
                                   .burn_in_exposures = experiment.burn_in_exposures};
}

std::vector<bandit::ArmCounts> ArmCountsOf(const storage::Experiment& experiment,
                                           const std::vector<storage::VariantTotals>& totals) {
  std::vector<bandit::ArmCounts> counts;
  counts.reserve(experiment.variants.size());
  for (const storage::Variant& variant : experiment.variants) {
    counts.push_back(bandit::ArmCounts{.variant_id = variant.id,
                                       .disabled = variant.disabled,
                                       .weight = variant.weight,
                                       .exposures = 0,
                                       .conversions = 0});
  }
  for (const storage::VariantTotals& row : totals) {
    if (row.variant_index >= counts.size()) continue;  // of a variant that a draft no longer has
    counts[row.variant_index].exposures = row.exposures;
    // Each credited conversion has its exposure; the mathematics relies on it.
    counts[row.variant_index].conversions = std::min(row.conversions, row.exposures);
  }
  return counts;
}

}  // namespace mab::admin
