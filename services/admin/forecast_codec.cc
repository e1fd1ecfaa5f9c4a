#include "admin/forecast_codec.h"

#include <optional>

#include "common/error.h"

namespace mab::admin {
namespace {

std::optional<bandit::Policy> DecodePolicy(mab::v1::Experiment::Policy policy) {
  switch (policy) {
    case mab::v1::Experiment::POLICY_UNSPECIFIED:
    case mab::v1::Experiment::THOMPSON:
      return bandit::Policy::kThompson;
    case mab::v1::Experiment::TOP_TWO_THOMPSON:
      return bandit::Policy::kTopTwoThompson;
    case mab::v1::Experiment::FIXED:
      return bandit::Policy::kFixed;
    default:
      return std::nullopt;
  }
}

void EncodeConversions(const simulation::Estimate& estimate, double lower, double upper,
                       mab::v1::ForecastConversions* out) {
  out->set_mean(estimate.mean);
  out->set_standard_error(estimate.standard_error);
  out->set_lower(lower);
  out->set_upper(upper);
}

}  // namespace

absl::StatusOr<simulation::ForecastInput> DecodeForecast(
    const mab::v1::ForecastExperimentRequest& request) {
  simulation::ForecastInput input;
  Violations violations;
  input.rates.assign(request.rates().begin(), request.rates().end());
  input.visitors_per_day = request.visitors_per_day();
  if (request.has_maximum_days()) input.maximum_days = request.maximum_days();
  const std::optional<bandit::Policy> policy = DecodePolicy(request.policy());
  if (policy.has_value()) {
    input.policy = *policy;
  } else {
    violations.Add("policy", "must be THOMPSON, TOP_TWO_THOMPSON or FIXED");
  }
  input.weights.assign(request.weights().begin(), request.weights().end());
  if (request.has_floor()) input.floor = request.floor();
  input.burn_in_exposures = request.burn_in_exposures();
  if (request.has_prior()) input.prior = {request.prior().alpha(), request.prior().beta()};
  if (request.has_threshold_of_caring()) {
    input.threshold_of_caring = request.threshold_of_caring();
  }
  if (request.has_minimum_exposures()) input.minimum_exposures = request.minimum_exposures();
  input.mean_delay_seconds = request.mean_delay_seconds();
  if (request.has_conversion_window_seconds()) {
    input.conversion_window_seconds = request.conversion_window_seconds();
  }
  if (request.has_runs()) input.runs = request.runs();
  if (request.has_seed()) input.seed = request.seed();
  simulation::CheckForecastInput(input, violations);
  if (!violations.empty()) return violations.ToStatus();
  return input;
}

void EncodeForecast(const simulation::Forecast& forecast,
                    mab::v1::ForecastExperimentResponse* out) {
  out->set_runs(static_cast<uint32_t>(forecast.runs));
  mab::v1::DaysToVerdict* const days = out->mutable_days_to_verdict();
  if (forecast.days_p10.has_value()) days->mutable_p10()->set_value(*forecast.days_p10);
  if (forecast.days_p50.has_value()) days->mutable_p50()->set_value(*forecast.days_p50);
  if (forecast.days_p90.has_value()) days->mutable_p90()->set_value(*forecast.days_p90);
  out->set_share_decided(forecast.share_decided);
  out->set_share_winner(forecast.share_winner);
  out->set_share_no_difference(forecast.share_no_difference);
  out->set_share_right(forecast.share_right);
  out->set_share_wrong(forecast.share_wrong);
  out->set_visitors(forecast.visitors);
  EncodeConversions(forecast.gain, forecast.gain_lower, forecast.gain_upper,
                    out->mutable_gained_over_equal_split());
  EncodeConversions(forecast.regret, forecast.regret_lower, forecast.regret_upper,
                    out->mutable_lost_to_best());
}

}  // namespace mab::admin
