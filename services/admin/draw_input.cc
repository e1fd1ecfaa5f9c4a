#include "admin/draw_input.h"

#include <algorithm>

namespace mab::admin {

bandit::DrawConfiguration DrawConfigurationOf(const storage::Experiment& experiment) {
  return bandit::DrawConfiguration{.policy = experiment.policy,
                                   .floor = experiment.floor,
                                   .salt = experiment.salt,
                                   .burn_in_exposures = experiment.burn_in_exposures};
}

std::vector<bandit::ArmState> ArmStatesOf(const storage::Experiment& experiment,
                                          const std::vector<storage::VariantTotals>& totals) {
  std::vector<bandit::ArmState> arms;
  arms.reserve(experiment.variants.size());
  for (const storage::Variant& variant : experiment.variants) {
    arms.push_back(bandit::ArmState{.variant_id = variant.id,
                                    .disabled = variant.disabled,
                                    .weight = variant.weight,
                                    .exposures = 0,
                                    .posterior = experiment.prior});
  }
  for (const storage::VariantTotals& row : totals) {
    if (row.variant_index >= arms.size()) continue;  // of a variant that a draft no longer has
    bandit::ArmState& arm = arms[row.variant_index];
    arm.exposures = row.exposures;
    arm.posterior = bandit::CountedPosterior(experiment.prior, row.exposures,
                                             std::min(row.conversions, row.exposures));
  }
  return arms;
}

}  // namespace mab::admin
