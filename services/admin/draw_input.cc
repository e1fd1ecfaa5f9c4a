#include "admin/draw_input.h"

#include <algorithm>

#include "bandit/delayed_posterior.h"

namespace mab::admin {

bandit::DrawConfiguration DrawConfigurationOf(const storage::Experiment& experiment) {
  return bandit::DrawConfiguration{.policy = experiment.policy,
                                   .floor = experiment.floor,
                                   .salt = experiment.salt,
                                   .burn_in_exposures = experiment.burn_in_exposures};
}

bandit::DelayDistribution DelayDistributionOf(const storage::Experiment& experiment,
                                              const std::vector<storage::DelayCell>& cells,
                                              absl::Time now) {
  std::vector<bandit::DelayedConversions> delayed;
  delayed.reserve(cells.size());
  for (const storage::DelayCell& cell : cells) {
    const absl::Time end = std::min(now, cell.hour + absl::Hours(1));
    const absl::Time begin =
        std::min(end, std::max(cell.hour, experiment.start_time.value_or(cell.hour)));
    delayed.push_back({.age_seconds = absl::ToDoubleSeconds(now - end),
                       .delay_bucket = cell.delay_bucket,
                       .conversions = static_cast<double>(cell.conversions),
                       .spread_seconds = absl::ToDoubleSeconds(end - begin)});
  }
  return bandit::DelayDistribution::Estimate(delayed, experiment.conversion_window_seconds);
}

std::vector<ArmEvidence> ArmEvidenceOf(const storage::Experiment& experiment,
                                       const std::vector<storage::ArmAge>& ages,
                                       const bandit::DelayDistribution& delays) {
  std::vector<ArmEvidence> evidence(experiment.variants.size());
  std::vector<std::vector<bandit::PendingTrials>> unconverted(evidence.size());
  for (const storage::ArmAge& age : ages) {
    if (age.variant_index >= evidence.size()) continue;  // of a variant that a draft no longer has
    ArmEvidence& arm = evidence[age.variant_index];
    // Each credited conversion has its exposure; the mathematics relies on it.
    const uint64_t conversions = std::min(age.conversions, age.exposures);
    const uint64_t waiting = age.exposures - conversions;
    const bool pending = age.age_bucket.has_value();
    const double completed = pending ? delays.CompletedShare(age.mean_age_seconds) : 1;
    arm.exposures += age.exposures;
    arm.conversions += conversions;
    if (pending) arm.pending += waiting;
    arm.trials += static_cast<double>(conversions) + completed * static_cast<double>(waiting);
    unconverted[age.variant_index].push_back(
        {.trials = static_cast<double>(waiting), .completed_share = completed});
  }
  for (size_t i = 0; i < evidence.size(); ++i) {
    evidence[i].posterior = bandit::DelayedPosterior(
        experiment.prior, static_cast<double>(evidence[i].conversions), unconverted[i]);
  }
  return evidence;
}

std::vector<bandit::ArmState> ArmStatesOf(const storage::Experiment& experiment,
                                          const std::vector<ArmEvidence>& evidence) {
  std::vector<bandit::ArmState> arms;
  arms.reserve(experiment.variants.size());
  for (size_t i = 0; i < experiment.variants.size(); ++i) {
    const storage::Variant& variant = experiment.variants[i];
    arms.push_back(bandit::ArmState{.variant_id = variant.id,
                                    .disabled = variant.disabled,
                                    .weight = variant.weight,
                                    .exposures = evidence[i].exposures,
                                    .posterior = evidence[i].posterior});
  }
  return arms;
}

}  // namespace mab::admin
