// What an experiment has learned, how sound its data are, and what to do: everything that
// GetAnalytics answers, from the tables as they are now.
//
// Every variant has a posterior, and all numbers of a report are made of the same ones: by default
// of all its exposures, those that may still convert weighed by the distribution of delays
// (bandit/delayed_posterior.h); where rates move with the hour and that misleads, of comparisons
// within hours (bandit/stratified_posteriors.h). `basis` says which.
//
// Thread safety: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "admin/data_health.h"
#include "admin/report_input.h"
#include "bandit/comparison.h"
#include "bandit/credible_interval.h"
#include "bandit/draw_version.h"
#include "bandit/stratified_posteriors.h"
#include "bandit/verdict.h"
#include "bandit/weighted_sum.h"

namespace mab::admin {

// The probability mass of every credible interval, and of every confidence sequence.
inline constexpr double kCredibleLevel = 0.95;

// Below it the conversion rate moves with the hour.
inline constexpr double kSwingPValue = 0.001;

enum class Basis { kPooled, kStratified };

// One answer to how good a variant is.
struct RateEstimate {
  double rate = 0;  // conversions over (adjusted) trials; 0 where there are none
  bandit::Posterior posterior;
  double probability_best = 0;
};

struct VariantReport {
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  uint64_t pending = 0;
  double trials = 0;
  double rate = 0;  // conversions / exposures; 0 where there are none
  bandit::Posterior posterior;
  double mean = 0;  // of the posterior
  bandit::Interval credible_interval;
  // P(its rate is the highest of the variants that can be served); 0 for a disabled variant.
  double probability_best = 0;
  // E[max_j θ_j − θ_this] over the variants that can be served and this one, in conversion rate.
  double expected_loss = 0;
  // The share of new users at the experiment's version; 0 for a disabled variant.
  double allocation = 0;
  // Null for the control.
  std::optional<bandit::Comparison> versus_control;
  // Exposures older than the conversion window, and what they say at all times at once.
  uint64_t matured_exposures = 0;
  uint64_t matured_conversions = 0;
  bandit::Interval confidence_sequence;
  RateEstimate pooled;
  RateEstimate stratified;
};

struct DelayReport {
  uint64_t pending = 0;
  // Quantiles of the time to conversion, in seconds; nullopt until there is a conversion.
  std::optional<double> median_seconds;
  std::optional<double> ninth_decile_seconds;
};

struct Report {
  // 0: none was published yet; then the allocation is what one of these counts would have.
  uint64_t version = 0;
  absl::Time as_of;
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // By variant index.
  std::vector<VariantReport> variants;
  // Of (max_j θ_j − θ_leader)/θ_leader, at kVerdictProbability.
  double value_remaining = 0;
  // Conversions gained over an equal split; null before the first exposure.
  std::optional<bandit::WeightedSum> gain;
  Basis basis = Basis::kPooled;
  bandit::RateSwing swing;
  DelayReport delays;
  // From the beginning of the first hour with exposures to the end of the last one.
  double span_seconds = 0;
  storage::ExperimentEventCounts event_counts;
  DataHealth health;
  bandit::Verdict verdict;
  // At least the error of every probability.
  double error_estimate = 0;
};

// Whether new users can be given the variant: it is not disabled, and under FIXED it has a weight.
bool CanBeServed(const storage::Experiment& experiment, size_t variant);

// What is not among the parts is left as it is in a new Report, and has no part in error_estimate.
// REQUIRES: 2 to 100 variants, at least one of them not disabled.
Report MakeReport(const ReportInput& input, ReportParts parts = ReportParts::kAll);

}  // namespace mab::admin
