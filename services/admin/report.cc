#include "admin/report.h"

#include "absl/container/flat_hash_map.h"
#include "admin/draw_input.h"
#include "bandit/best_arm.h"
#include "bandit/freeze_version.h"

namespace mab::admin {
namespace {

VariantReport ReportOf(const bandit::ArmCounts& counts, const bandit::Posterior& posterior) {
  VariantReport report;
  report.exposures = counts.exposures;
  report.conversions = counts.conversions;
  if (counts.exposures > 0) {
    report.rate = static_cast<double>(counts.conversions) / static_cast<double>(counts.exposures);
  }
  report.posterior = posterior;
  report.mean = posterior.alpha / (posterior.alpha + posterior.beta);
  report.credible_interval = bandit::CredibleInterval(posterior, kCredibleLevel);
  return report;
}

// A disabled variant is not in the race, but what choosing it would lose is still of interest:
// against those that are.
void CompareVariants(const std::vector<bandit::ArmCounts>& counts,
                     std::vector<VariantReport>& variants) {
  std::vector<size_t> eligible;
  std::vector<bandit::Posterior> posteriors;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].disabled) continue;
    eligible.push_back(i);
    posteriors.push_back(variants[i].posterior);
  }
  const bandit::BestArm best = bandit::ComputeBestArm(posteriors);
  for (size_t k = 0; k < eligible.size(); ++k) {
    variants[eligible[k]].probability_best = best.probability_best[k];
    variants[eligible[k]].expected_loss = best.expected_loss[k];
  }
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!counts[i].disabled) continue;
    posteriors.push_back(variants[i].posterior);
    variants[i].expected_loss = bandit::ComputeBestArm(posteriors).expected_loss.back();
    posteriors.pop_back();
  }
}

}  // namespace

Report MakeReport(const storage::Experiment& experiment,
                  const std::vector<storage::VariantTotals>& totals,
                  const bandit::DrawVersion* version, absl::Time as_of) {
  const std::vector<bandit::ArmCounts> counts = ArmCountsOf(experiment, totals);
  const bandit::DrawVersion now = bandit::FreezeVersion(DrawConfigurationOf(experiment), counts);
  const bandit::DrawVersion& served = version == nullptr ? now : *version;
  absl::flat_hash_map<VariantId, double> allocations;
  for (const bandit::DrawArm& arm : served.arms) allocations[arm.variant_id] = arm.allocation;

  Report report;
  report.version = served.number;
  report.as_of = as_of;
  for (size_t i = 0; i < counts.size(); ++i) {
    report.variants.push_back(ReportOf(counts[i], now.arms[i].posterior));
    report.exposures += counts[i].exposures;
    report.conversions += counts[i].conversions;
    if (!counts[i].disabled) {
      report.variants[i].allocation = allocations[counts[i].variant_id];
    }
  }
  CompareVariants(counts, report.variants);
  return report;
}

}  // namespace mab::admin
