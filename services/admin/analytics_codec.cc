#include "admin/analytics_codec.h"

#include "admin/time_codec.h"
#include "admin/verdict_text.h"

namespace mab::admin {
namespace {

namespace v1 = mab::v1;

// Whatever has lower and upper.
template <typename Message>
void EncodeInterval(const bandit::Interval& interval, Message* out) {
  out->set_lower(interval.lower);
  out->set_upper(interval.upper);
}

void EncodeVersusControl(const bandit::Comparison& comparison, v1::VersusControl* out) {
  out->mutable_difference()->set_mean(comparison.difference_mean);
  EncodeInterval(comparison.difference, out->mutable_difference());
  out->mutable_lift()->set_median(comparison.lift_median);
  EncodeInterval(comparison.lift, out->mutable_lift());
  out->set_probability_better(comparison.probability_better);
}

void EncodeConfidenceSequence(const VariantReport& report, v1::ConfidenceSequence* out) {
  out->set_level(kCredibleLevel);
  EncodeInterval(report.confidence_sequence, out);
  out->set_exposures(static_cast<double>(report.matured_exposures));
  out->set_conversions(static_cast<double>(report.matured_conversions));
}

void EncodeEstimate(const RateEstimate& estimate, v1::Estimate* out) {
  out->set_rate(estimate.rate);
  out->set_mean(estimate.posterior.mean());
  out->set_probability_best(estimate.probability_best);
}

void EncodeVariant(const VariantReport& report, v1::VariantAnalytics* out) {
  out->set_exposures(static_cast<double>(report.exposures));
  out->set_conversions(static_cast<double>(report.conversions));
  out->set_rate(report.rate);
  out->mutable_posterior()->set_alpha(report.posterior.alpha);
  out->mutable_posterior()->set_beta(report.posterior.beta);
  out->mutable_posterior()->set_mean(report.mean);
  EncodeInterval(report.credible_interval, out->mutable_credible_interval());
  out->set_probability_best(report.probability_best);
  out->set_expected_loss(report.expected_loss);
  out->set_allocation(report.allocation);
  if (report.versus_control.has_value()) {
    EncodeVersusControl(*report.versus_control, out->mutable_versus_control());
  }
  out->set_pending_exposures(static_cast<double>(report.pending));
  out->set_trials(report.trials);
  EncodeConfidenceSequence(report, out->mutable_confidence_sequence());
  EncodeEstimate(report.pooled, out->mutable_pooled());
  EncodeEstimate(report.stratified, out->mutable_stratified());
}

v1::Verdict::Code EncodeCode(bandit::VerdictCode code) {
  switch (code) {
    case bandit::VerdictCode::kNothingToCompare:
      return v1::Verdict::NOTHING_TO_COMPARE;
    case bandit::VerdictCode::kNoData:
      return v1::Verdict::NO_DATA;
    case bandit::VerdictCode::kDataSuspect:
      return v1::Verdict::DATA_SUSPECT;
    case bandit::VerdictCode::kTooEarly:
      return v1::Verdict::TOO_EARLY;
    case bandit::VerdictCode::kWeekIncomplete:
      return v1::Verdict::WEEK_INCOMPLETE;
    case bandit::VerdictCode::kLeaderClear:
      return v1::Verdict::LEADER_CLEAR;
    case bandit::VerdictCode::kNoDifference:
      return v1::Verdict::NO_DIFFERENCE;
    case bandit::VerdictCode::kValueExhausted:
      return v1::Verdict::VALUE_EXHAUSTED;
    case bandit::VerdictCode::kUndecided:
      return v1::Verdict::UNDECIDED;
  }
  return v1::Verdict::CODE_UNSPECIFIED;
}

v1::Verdict::Recommendation EncodeRecommendation(bandit::Recommendation recommendation) {
  switch (recommendation) {
    case bandit::Recommendation::kKeepRunning:
      return v1::Verdict::KEEP_RUNNING;
    case bandit::Recommendation::kComplete:
      return v1::Verdict::COMPLETE;
    case bandit::Recommendation::kStop:
      return v1::Verdict::STOP;
    case bandit::Recommendation::kCheckData:
      return v1::Verdict::CHECK_DATA;
  }
  return v1::Verdict::RECOMMENDATION_UNSPECIFIED;
}

// The rules are for experiments that are under way; before and after there is nothing to decide.
bool IsUnderWay(storage::ExperimentState state) {
  return state == storage::ExperimentState::kRunning || state == storage::ExperimentState::kPaused;
}

v1::Verdict::Code EncodeCode(storage::ExperimentState state, bandit::VerdictCode code) {
  if (state == storage::ExperimentState::kDraft) return v1::Verdict::NOT_STARTED;
  return IsUnderWay(state) ? EncodeCode(code) : v1::Verdict::COMPLETED;
}

void EncodeVerdict(const storage::Experiment& experiment, const Report& report, v1::Verdict* out) {
  const auto key_of = [&](size_t variant) { return experiment.variants[variant].key; };
  out->set_text(VerdictText(experiment, report));
  out->set_leader(key_of(report.verdict.leader));
  out->set_threshold(report.verdict.threshold);
  out->set_code(EncodeCode(experiment.state, report.verdict.code));
  out->set_recommendation(v1::Verdict::NONE);
  if (IsUnderWay(experiment.state)) {
    out->set_recommendation(EncodeRecommendation(report.verdict.recommendation));
    if (report.verdict.winner.has_value()) out->set_winner(key_of(*report.verdict.winner));
  } else if (experiment.winner_index.has_value()) {
    out->set_winner(key_of(*experiment.winner_index));
  }
}

v1::HealthCheck::Code EncodeHealthCode(HealthCode code) {
  switch (code) {
    case HealthCode::kSampleRatio:
      return v1::HealthCheck::SAMPLE_RATIO;
    case HealthCode::kDuplicateConversions:
      return v1::HealthCheck::DUPLICATE_CONVERSIONS;
    case HealthCode::kLateConversions:
      return v1::HealthCheck::LATE_CONVERSIONS;
    case HealthCode::kNeverExposed:
      return v1::HealthCheck::NEVER_EXPOSED;
    case HealthCode::kConflicts:
      return v1::HealthCheck::CONFLICTS;
    case HealthCode::kRateJump:
      return v1::HealthCheck::RATE_JUMP;
    case HealthCode::kNoConversions:
      return v1::HealthCheck::NO_CONVERSIONS;
    case HealthCode::kBots:
      return v1::HealthCheck::BOTS;
  }
  return v1::HealthCheck::CODE_UNSPECIFIED;
}

v1::Health::Status EncodeStatus(HealthStatus status) {
  switch (status) {
    case HealthStatus::kOk:
      return v1::Health::OK;
    case HealthStatus::kWarning:
      return v1::Health::WARNING;
    case HealthStatus::kFailed:
      return v1::Health::FAILED;
  }
  return v1::Health::STATUS_UNSPECIFIED;
}

void EncodeHealth(const DataHealth& health, v1::Health* out) {
  out->set_status(EncodeStatus(health.status));
  for (const HealthFinding& finding : health.findings) {
    v1::HealthCheck* check = out->add_checks();
    check->set_code(EncodeHealthCode(finding.code));
    check->set_status(EncodeStatus(finding.status));
    if (finding.p_value.has_value()) check->mutable_p_value()->set_value(*finding.p_value);
    check->set_value(finding.value);
    check->set_threshold(finding.threshold);
    check->set_text(finding.text);
  }
}

void EncodeGain(const bandit::WeightedSum& gain, v1::Gain* out) {
  out->set_conversions(gain.mean);
  EncodeInterval(gain.interval, out);
}

void EncodeTraffic(const Traffic& traffic, v1::Traffic* out) {
  if (traffic.start.has_value()) *out->mutable_start() = EncodeTime(*traffic.start);
  out->set_step(traffic.step);
  for (const uint64_t exposures : traffic.exposures) {
    out->add_exposures(static_cast<double>(exposures));
  }
}

void EncodeComparison(const storage::Experiment& experiment, const Report& report,
                      v1::Comparison* out) {
  out->set_basis(report.basis == Basis::kStratified ? v1::Comparison::STRATIFIED
                                                    : v1::Comparison::POOLED);
  out->set_swing(report.swing.relative_swing);
  out->set_swing_p_value(report.swing.p_value);
  out->set_text(ComparisonText(experiment, report));
}

void EncodeWhatIsApart(const storage::Experiment& experiment, const Report& report,
                       v1::GetAnalyticsResponse* out) {
  v1::Delays* delays = out->mutable_delays();
  delays->set_window_seconds(experiment.conversion_window_seconds);
  delays->set_pending_exposures(static_cast<double>(report.delays.pending));
  if (report.delays.median_seconds.has_value()) {
    delays->mutable_median_seconds()->set_value(*report.delays.median_seconds);
  }
  if (report.delays.ninth_decile_seconds.has_value()) {
    delays->mutable_ninth_decile_seconds()->set_value(*report.delays.ninth_decile_seconds);
  }
  const storage::ExperimentEventCounts& counts = report.event_counts;
  v1::NotCredited* not_credited = out->mutable_not_credited();
  not_credited->set_late(static_cast<double>(counts.late_conversions.all));
  not_credited->set_never_exposed(static_cast<double>(counts.uncredited_conversions.all));
  not_credited->set_duplicates(static_cast<double>(counts.duplicate_conversions.all));
}

}  // namespace

void EncodeReference(const storage::Variant& variant, mab::v1::VariantReference* out) {
  out->set_id(variant.id.ToString());
  out->set_key(variant.key);
  out->set_name(variant.name);
  out->set_is_control(variant.is_control);
  out->set_disabled(variant.disabled);
}

void EncodeReport(const storage::Experiment& experiment, const Report& report,
                  v1::GetAnalyticsResponse* out) {
  out->set_experiment_id(experiment.id.ToString());
  out->set_experiment_key(experiment.key);
  out->set_version(static_cast<double>(report.version));
  *out->mutable_as_of() = EncodeTime(report.as_of);
  out->set_exposures(static_cast<double>(report.exposures));
  out->set_conversions(static_cast<double>(report.conversions));
  out->set_credible_level(kCredibleLevel);
  for (size_t i = 0; i < report.variants.size(); ++i) {
    v1::VariantAnalytics* variant = out->add_variants();
    EncodeReference(experiment.variants[i], variant->mutable_variant());
    EncodeVariant(report.variants[i], variant);
  }
  out->mutable_value_remaining()->set_quantile(bandit::kVerdictProbability);
  out->mutable_value_remaining()->set_relative(report.value_remaining);
  EncodeVerdict(experiment, report, out->mutable_verdict());
  if (report.gain.has_value()) EncodeGain(*report.gain, out->mutable_gain());
  EncodeComparison(experiment, report, out->mutable_comparison());
  EncodeWhatIsApart(experiment, report, out);
  EncodeHealth(report.health, out->mutable_health());
  out->set_error_estimate(report.error_estimate);
}

void EncodeSummary(const ExperimentSummary& summary, v1::ExperimentSummary* out) {
  out->set_experiment_id(summary.id.ToString());
  out->set_experiment_key(summary.key);
  out->set_exposures(static_cast<double>(summary.exposures));
  out->set_conversions(static_cast<double>(summary.conversions));
  if (summary.leader.has_value()) EncodeReference(*summary.leader, out->mutable_leader());
  out->set_probability_best(summary.probability_best);
  out->set_verdict_code(EncodeCode(summary.state, summary.verdict));
  out->set_health(EncodeStatus(summary.health));
  if (summary.gain.has_value()) EncodeGain(*summary.gain, out->mutable_gain());
  EncodeTraffic(summary.traffic, out->mutable_traffic());
}

}  // namespace mab::admin
