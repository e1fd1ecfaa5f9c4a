#include "admin/report.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "admin/draw_input.h"
#include "bandit/best_arm.h"
#include "bandit/freeze_version.h"

namespace mab::admin {
namespace {

VariantReport ReportOf(const bandit::ArmState& arm, uint64_t conversions) {
  VariantReport report;
  report.exposures = arm.exposures;
  report.conversions = conversions;
  if (arm.exposures > 0) {
    report.rate = static_cast<double>(conversions) / static_cast<double>(arm.exposures);
  }
  report.posterior = arm.posterior;
  report.mean = arm.posterior.alpha / (arm.posterior.alpha + arm.posterior.beta);
  report.credible_interval = bandit::CredibleInterval(arm.posterior, kCredibleLevel);
  return report;
}

// A disabled variant is not in the race, but what choosing it would lose is still of interest:
// against those that are.
void CompareVariants(const std::vector<bandit::ArmState>& arms,
                     std::vector<VariantReport>& variants) {
  std::vector<size_t> eligible;
  std::vector<bandit::Posterior> posteriors;
  for (size_t i = 0; i < arms.size(); ++i) {
    if (arms[i].disabled) continue;
    eligible.push_back(i);
    posteriors.push_back(variants[i].posterior);
  }
  const bandit::BestArm best = bandit::ComputeBestArm(posteriors);
  for (size_t k = 0; k < eligible.size(); ++k) {
    variants[eligible[k]].probability_best = best.probability_best[k];
    variants[eligible[k]].expected_loss = best.expected_loss[k];
  }
  for (size_t i = 0; i < arms.size(); ++i) {
    if (!arms[i].disabled) continue;
    posteriors.push_back(variants[i].posterior);
    variants[i].expected_loss = bandit::ComputeBestArm(posteriors).expected_loss.back();
    posteriors.pop_back();
  }
}

}  // namespace

Report MakeReport(const storage::Experiment& experiment,
                  const std::vector<storage::VariantTotals>& totals,
                  const bandit::DrawVersion* version, absl::Time as_of) {
  const std::vector<bandit::ArmState> arms = ArmStatesOf(experiment, totals);
  const bandit::DrawVersion now = bandit::FreezeVersion(DrawConfigurationOf(experiment), arms);
  std::vector<uint64_t> conversions(arms.size(), 0);
  for (const storage::VariantTotals& row : totals) {
    if (row.variant_index < arms.size()) {
      conversions[row.variant_index] = std::min(row.conversions, row.exposures);
    }
  }
  const bandit::DrawVersion& served = version == nullptr ? now : *version;
  absl::flat_hash_map<VariantId, double> allocations;
  for (const bandit::DrawArm& arm : served.arms) allocations[arm.variant_id] = arm.allocation;

  Report report;
  report.version = served.number;
  report.as_of = as_of;
  for (size_t i = 0; i < arms.size(); ++i) {
    report.variants.push_back(ReportOf(arms[i], conversions[i]));
    report.exposures += arms[i].exposures;
    report.conversions += conversions[i];
    if (!arms[i].disabled) {
      report.variants[i].allocation = allocations[arms[i].variant_id];
    }
  }
  CompareVariants(arms, report.variants);
  return report;
}

}  // namespace mab::admin
