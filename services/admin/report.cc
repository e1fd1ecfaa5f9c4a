#include "admin/report.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "admin/draw_input.h"
#include "admin/hourly_evidence.h"
#include "bandit/best_arm.h"
#include "bandit/confidence_sequence.h"
#include "bandit/expected_shortfall.h"
#include "bandit/freeze_version.h"
#include "bandit/value_remaining.h"

namespace mab::admin {
namespace {

using storage::Experiment;

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

size_t ControlOf(const Experiment& experiment) {
  const auto control = std::find_if(experiment.variants.begin(), experiment.variants.end(),
                                    [](const storage::Variant& v) { return v.is_control; });
  return static_cast<size_t>(control - experiment.variants.begin());
}

std::vector<bandit::Posterior> PosteriorsOf(const std::vector<VariantReport>& variants) {
  std::vector<bandit::Posterior> posteriors;
  posteriors.reserve(variants.size());
  for (const VariantReport& variant : variants) posteriors.push_back(variant.posterior);
  return posteriors;
}

// P(best) and expected loss by variant index, of the variants that can be served; 0 for the others.
bandit::BestArm BestOf(const Experiment& experiment,
                       const std::vector<bandit::Posterior>& posteriors) {
  std::vector<size_t> enabled;
  std::vector<bandit::Posterior> racing;
  for (size_t i = 0; i < posteriors.size(); ++i) {
    if (experiment.variants[i].disabled) continue;
    enabled.push_back(i);
    racing.push_back(posteriors[i]);
  }
  const bandit::BestArm race = bandit::ComputeBestArm(racing);
  bandit::BestArm best = race;
  best.probability_best.assign(posteriors.size(), 0.0);
  best.expected_loss.assign(posteriors.size(), 0.0);
  for (size_t k = 0; k < enabled.size(); ++k) {
    best.probability_best[enabled[k]] = race.probability_best[k];
    best.expected_loss[enabled[k]] = race.expected_loss[k];
  }
  return best;
}

// A disabled variant is not in the race, but what choosing it would lose is still of interest:
// against those that are.
void SetLossesOfDisabled(const Experiment& experiment, Report& report) {
  std::vector<bandit::Posterior> racing;
  std::vector<bandit::Posterior> outside;
  for (size_t i = 0; i < report.variants.size(); ++i) {
    (experiment.variants[i].disabled ? outside : racing).push_back(report.variants[i].posterior);
  }
  const std::vector<double> losses = bandit::ExpectedShortfalls(racing, outside);
  size_t next = 0;
  for (size_t i = 0; i < report.variants.size(); ++i) {
    if (experiment.variants[i].disabled) report.variants[i].expected_loss = losses[next++];
  }
}

// A stratum is an hour, and has its index.
bandit::Stratification StratifyHours(const Experiment& experiment,
                                     const std::vector<HourlyEvidence>& hours) {
  std::vector<bandit::Stratum> strata;
  strata.reserve(hours.size());
  for (const HourlyEvidence& hour : hours) {
    strata.push_back({.trials = hour.trials, .conversions = hour.conversions});
  }
  std::vector<bool> eligible;
  eligible.reserve(experiment.variants.size());
  for (const storage::Variant& variant : experiment.variants) eligible.push_back(!variant.disabled);
  return bandit::Stratify(strata, {experiment.prior}, experiment.variants.size(), eligible);
}

// What was counted, and the two answers to what it means.
void SetEvidence(const std::vector<ArmEvidence>& evidence,
                 const bandit::Stratification& stratification, Report& report) {
  report.variants.resize(evidence.size());
  for (size_t i = 0; i < evidence.size(); ++i) {
    const ArmEvidence& arm = evidence[i];
    VariantReport& variant = report.variants[i];
    variant.exposures = arm.exposures;
    variant.conversions = arm.conversions;
    variant.pending = arm.pending;
    variant.trials = arm.trials;
    variant.rate = Ratio(static_cast<double>(arm.conversions), static_cast<double>(arm.exposures));
    variant.pooled = {.rate = Ratio(static_cast<double>(arm.conversions), arm.trials),
                      .posterior = arm.posterior};
    variant.stratified = {.rate = stratification.arms[i].rate,
                          .posterior = stratification.arms[i].posterior};
    report.exposures += arm.exposures;
    report.conversions += arm.conversions;
    report.delays.pending += arm.pending;
  }
}

// Everything that posteriors alone say, by the basis of the report.
void SetPosteriorQuantities(const Experiment& experiment, ReportParts parts, Report& report) {
  const auto best_by = [&](RateEstimate VariantReport::*estimate) {
    std::vector<bandit::Posterior> posteriors;
    for (const VariantReport& variant : report.variants) {
      posteriors.push_back((variant.*estimate).posterior);
    }
    bandit::BestArm best = BestOf(experiment, posteriors);
    for (size_t i = 0; i < report.variants.size(); ++i) {
      (report.variants[i].*estimate).probability_best = best.probability_best[i];
    }
    report.error_estimate = std::max(report.error_estimate, best.probability_error);
    return best;
  };
  const bool by_hour = report.basis == Basis::kStratified;
  const bandit::BestArm best =
      best_by(by_hour ? &VariantReport::stratified : &VariantReport::pooled);
  if (parts == ReportParts::kAll)
    best_by(by_hour ? &VariantReport::pooled : &VariantReport::stratified);
  for (size_t i = 0; i < report.variants.size(); ++i) {
    VariantReport& variant = report.variants[i];
    variant.posterior = by_hour ? variant.stratified.posterior : variant.pooled.posterior;
    variant.mean = variant.posterior.mean();
    variant.credible_interval = bandit::CredibleInterval(variant.posterior, kCredibleLevel);
    variant.probability_best = best.probability_best[i];
    variant.expected_loss = best.expected_loss[i];
  }
  SetLossesOfDisabled(experiment, report);
}

void SetComparisons(const Experiment& experiment, Report& report) {
  const size_t control = ControlOf(experiment);
  const std::vector<bandit::Comparison> comparisons =
      bandit::CompareAllWithControl(PosteriorsOf(report.variants), control, kCredibleLevel);
  for (size_t i = 0; i < report.variants.size(); ++i) {
    if (i == control) continue;
    report.variants[i].versus_control = comparisons[i];
    report.error_estimate = std::max(report.error_estimate, comparisons[i].probability_error);
  }
}

void SetValueRemaining(const Experiment& experiment, Report& report) {
  std::vector<bandit::Posterior> racing;
  std::vector<double> probability_best;
  for (size_t i = 0; i < report.variants.size(); ++i) {
    if (experiment.variants[i].disabled) continue;
    racing.push_back(report.variants[i].posterior);
    probability_best.push_back(report.variants[i].probability_best);
  }
  const auto leader = std::max_element(probability_best.begin(), probability_best.end());
  report.value_remaining = bandit::ValueRemaining(
      racing, static_cast<size_t>(leader - probability_best.begin()), bandit::kVerdictProbability);
}

void SetConfidenceSequences(const std::vector<storage::MaturedTotals>& matured, Report& report) {
  for (const storage::MaturedTotals& row : matured) {
    if (row.variant_index >= report.variants.size()) continue;
    VariantReport& variant = report.variants[row.variant_index];
    variant.matured_exposures = row.exposures;
    variant.matured_conversions = std::min(row.conversions, row.exposures);
  }
  for (VariantReport& variant : report.variants) {
    variant.confidence_sequence = bandit::ConfidenceSequence(
        variant.matured_exposures, variant.matured_conversions, kCredibleLevel);
  }
}

void SetAllocations(const ReportInput& input, const std::vector<ArmEvidence>& evidence,
                    Report& report) {
  const Experiment& experiment = input.experiment;
  const bandit::DrawVersion served = input.version.has_value()
                                         ? *input.version
                                         : bandit::FreezeVersion(DrawConfigurationOf(experiment),
                                                                 ArmStatesOf(experiment, evidence));
  absl::flat_hash_map<VariantId, double> allocations;
  for (const bandit::DrawArm& arm : served.arms) allocations[arm.variant_id] = arm.allocation;
  report.version = served.number;
  for (size_t i = 0; i < report.variants.size(); ++i) {
    const storage::Variant& variant = experiment.variants[i];
    if (!variant.disabled) report.variants[i].allocation = allocations[variant.id];
  }
}

// Σ_k (n_k − e_k) θ_k: e_k is what an equal split of each hour's visitors among the variants that
// could be served would have given to k. By the stratified basis an exposure counts by how fertile
// its hour was, whoever got it: Σ_t λ_t/λ̄ (n_kt − e_kt) θ_k.
void SetGain(const std::vector<HourlyEvidence>& hours, const bandit::Stratification& stratification,
             Report& report) {
  const size_t count = report.variants.size();
  std::vector<double> weights(count, 0.0);
  double total = 0;
  for (size_t t = 0; t < hours.size(); ++t) {
    const HourlyEvidence& hour = hours[t];
    const double fertility =
        report.basis == Basis::kStratified ? stratification.stratum_factors[t] : 1;
    const auto could = [&](size_t i) { return hour.expected[i] > 0 || hour.exposures[i] > 0; };
    double eligible = 0;
    double exposures = 0;
    for (size_t i = 0; i < count; ++i) {
      eligible += could(i) ? 1 : 0;
      exposures += hour.exposures[i];
    }
    for (size_t i = 0; i < count; ++i) {
      if (could(i)) weights[i] += fertility * (hour.exposures[i] - exposures / eligible);
    }
    total += exposures;
  }
  if (total <= 0) return;
  report.gain =
      bandit::SummarizeWeightedSum(PosteriorsOf(report.variants), weights, kCredibleLevel);
}

// The age at which the share of conversions that have come reaches `share`, in seconds.
double QuantileOfDelay(const bandit::DelayDistribution& delays, double share,
                       double window_seconds) {
  double low = 0;
  double high = window_seconds;
  for (int i = 0; i < 60; ++i) {
    const double middle = low + (high - low) / 2;
    (delays.CompletedShare(middle) < share ? low : high) = middle;
  }
  return high;
}

bandit::VerdictInput VerdictInputOf(const ReportInput& input, const Report& report) {
  bandit::VerdictInput verdict;
  for (size_t i = 0; i < report.variants.size(); ++i) {
    const VariantReport& variant = report.variants[i];
    verdict.arms.push_back({.enabled = CanBeServed(input.experiment, i),
                            .exposures = variant.exposures,
                            .probability_best = variant.probability_best,
                            .expected_loss = variant.expected_loss,
                            .mean = variant.mean});
  }
  verdict.value_remaining = report.value_remaining;
  verdict.threshold_of_caring = input.experiment.threshold_of_caring;
  verdict.minimum_exposures = input.experiment.minimum_exposures;
  verdict.span_seconds = report.span_seconds;
  verdict.rate_swings = report.swing.p_value < kSwingPValue;
  verdict.data_suspect = report.health.status == HealthStatus::kFailed;
  return verdict;
}

}  // namespace

bool CanBeServed(const storage::Experiment& experiment, size_t variant) {
  const storage::Variant& it = experiment.variants[variant];
  return !it.disabled && (experiment.policy != bandit::Policy::kFixed || it.weight > 0);
}

Report MakeReport(const ReportInput& input, ReportParts parts) {
  const Experiment& experiment = input.experiment;
  const bandit::DelayDistribution& delays = input.delays;
  const std::vector<ArmEvidence> evidence = ArmEvidenceOf(experiment, input.ages, delays);
  const std::vector<HourlyEvidence> hours =
      HourlyEvidenceOf(input.hours, delays, experiment.variants.size(), input.now);
  const bandit::Stratification stratification = StratifyHours(experiment, hours);

  Report report;
  report.as_of = input.now;
  report.basis = stratification.disagrees ? Basis::kStratified : Basis::kPooled;
  report.swing = stratification.swing;
  report.event_counts = input.event_counts;
  if (!hours.empty()) {
    report.span_seconds =
        absl::ToDoubleSeconds(hours.back().start + absl::Hours(1) - hours.front().start);
  }
  SetEvidence(evidence, stratification, report);
  if (report.conversions > 0) {
    const double window = experiment.conversion_window_seconds;
    report.delays.median_seconds = QuantileOfDelay(delays, 0.5, window);
    report.delays.ninth_decile_seconds = QuantileOfDelay(delays, 0.9, window);
  }
  SetPosteriorQuantities(experiment, parts, report);
  SetValueRemaining(experiment, report);
  if (parts == ReportParts::kAll) {
    SetComparisons(experiment, report);
    SetConfidenceSequences(input.matured, report);
  }
  SetAllocations(input, evidence, report);
  SetGain(hours, stratification, report);
  report.health = CheckDataHealth(experiment, hours, input.event_counts, input.now);
  report.verdict = bandit::DecideVerdict(VerdictInputOf(input, report));
  return report;
}

}  // namespace mab::admin
