#include "simulation/forecast.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/strip.h"
#include "simulation/experiment_run.h"
#include "simulation/scenario.h"
#include "simulation/simulated_time.h"

namespace mab::simulation {
namespace {

SimulatedPolicy PolicyOf(bandit::Policy policy) {
  switch (policy) {
    case bandit::Policy::kThompson:
      return SimulatedPolicy::kThompson;
    case bandit::Policy::kTopTwoThompson:
      return SimulatedPolicy::kTopTwoThompson;
    case bandit::Policy::kFixed:
      return SimulatedPolicy::kFixed;
  }
  return SimulatedPolicy::kThompson;
}

Scenario ScenarioOf(const ForecastInput& input) {
  Scenario scenario;
  scenario.rates = input.rates;
  scenario.visitors_per_day = input.visitors_per_day;
  scenario.days = input.maximum_days;
  if (input.mean_delay_seconds > 0) {
    scenario.delay = {.kind = DelayKind::kExponential, .mean_seconds = input.mean_delay_seconds};
  }
  scenario.conversion_window_seconds = input.conversion_window_seconds;
  scenario.policy = PolicyOf(input.policy);
  scenario.weights = input.weights;
  scenario.floor = input.floor.value_or(DefaultFloor(input.rates.size()));
  scenario.burn_in_exposures = input.burn_in_exposures;
  scenario.prior = input.prior;
  scenario.stop_at_verdict = true;
  scenario.engine = Engine::kSampled;
  scenario.update_seconds = 3600;
  scenario.update_growth = input.rates.size() <= 20 ? 0.1 : 0.25;
  scenario.checkpoints_days = {input.maximum_days};
  scenario.seed = input.seed;
  scenario.stopping.minimum_exposures = input.minimum_exposures;
  scenario.stopping.threshold_of_caring = input.threshold_of_caring;
  // After each interval.
  scenario.stopping.look_days = scenario.update_seconds / kSecondsPerDay;
  return scenario;
}

// What a run took, by measurements of its parts on one core.
double MicrosecondsOf(const Scenario& scenario, const RunOutcome& outcome) {
  const double arms = static_cast<double>(scenario.rates.size());
  const double intervals = static_cast<double>(outcome.intervals);
  double interval = 2 + 0.1 * arms;
  if (scenario.policy != SimulatedPolicy::kFixed) {
    interval += 0.08 * arms * static_cast<double>(SampledDraws(scenario.rates.size()));
  }
  // A cohort an interval, all of them gone through in each; posteriors by integration.
  if (scenario.delay.kind != DelayKind::kNone) interval += arms * (20 + 0.15 * intervals);
  return intervals * interval + outcome.look_microseconds;
}

void SummarizeVerdicts(const RunSummary& summary, Forecast& forecast) {
  const auto days = [](double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
  };
  forecast.days_p10 = days(summary.days_p10);
  forecast.days_p50 = days(summary.days_p50);
  forecast.days_p90 = days(summary.days_p90);
  forecast.share_winner = summary.share_winner;
  forecast.share_no_difference = summary.share_no_difference;
  forecast.share_decided = summary.share_decided;
  forecast.share_wrong = summary.share_costly_winner + summary.share_missed_difference;
  forecast.share_right = std::max(0.0, forecast.share_decided - forecast.share_wrong);
}

// As many runs as are asked for and as budget and time allow; fewer than kForecastRunsLeast only
// where the time is over.
std::vector<RunOutcome> MakeRuns(const Scenario& scenario, uint64_t runs_max,
                                 const ForecastTime& time) {
  const auto is_over = [&time] { return time.is_over && time.is_over(); };
  std::vector<RunOutcome> outcomes;
  double spent = 0;
  while (outcomes.size() < runs_max && !is_over()) {
    const uint64_t runs = outcomes.size();
    if (runs >= kForecastRunsLeast) {
      // Another run like those so far would be too much.
      if (spent * (1 + 1 / static_cast<double>(runs)) > kForecastBudgetMicroseconds) break;
      if (time.has_more && !time.has_more(runs)) break;
    }
    std::optional<RunOutcome> outcome = RunExperimentUnless(is_over, scenario, runs);
    if (!outcome.has_value()) break;
    spent += MicrosecondsOf(scenario, *outcome);
    outcomes.push_back(*std::move(outcome));
  }
  return outcomes;
}

}  // namespace

void CheckForecastInput(const ForecastInput& input, Violations& violations) {
  Scenario scenario = ScenarioOf(input);
  // Whose limits are narrower here.
  if (!(input.visitors_per_day >= 1) || input.visitors_per_day > 1e8) {
    violations.Add("visitors_per_day", "must be 1 to 100,000,000");
    scenario.visitors_per_day = 1;
  }
  if (!(input.maximum_days >= 1) || input.maximum_days > 365) {
    violations.Add("maximum_days", "must be 1 to 365");
    scenario.days = 1;
  } else if (scenario.visitors_per_day * scenario.days > kVisitorsMax) {
    violations.Add("maximum_days", "must bring at most 10,000,000,000 visitors");
    scenario.days = 1;
  }
  scenario.checkpoints_days = {scenario.days};
  if (!(input.mean_delay_seconds >= 0) || input.mean_delay_seconds > 31'536'000) {
    violations.Add("mean_delay_seconds", "must be 0 to 31,536,000");
    scenario.delay.kind = DelayKind::kNone;
  }
  if (input.runs < 10 || input.runs > 1'000) violations.Add("runs", "must be 10 to 1,000");
  Violations of_scenario;
  CheckScenario(scenario, of_scenario);
  for (const FieldViolation& violation : ErrorViolations(of_scenario.ToStatus())) {
    absl::string_view field = violation.field;
    if (field == "delay.mean_seconds") field = "mean_delay_seconds";
    absl::ConsumePrefix(&field, "stopping.");
    violations.Add(field, violation.description);
  }
}

absl::StatusOr<Forecast> MakeForecast(const ForecastInput& input, const ForecastTime& time) {
  Violations violations;
  CheckForecastInput(input, violations);
  if (absl::Status status = violations.ToStatus(); !status.ok()) return status;

  const Scenario scenario = ScenarioOf(input);
  const std::vector<RunOutcome> outcomes = MakeRuns(scenario, input.runs, time);
  if (outcomes.size() < kForecastRunsLeast) {
    return absl::CancelledError("there was no time for a forecast");
  }
  const RunSummary summary = Summarize(scenario, outcomes);
  Forecast forecast;
  forecast.runs = outcomes.size();
  for (const RunOutcome& outcome : outcomes) forecast.visitors += outcome.visitors;
  forecast.visitors /= static_cast<double>(outcomes.size());
  forecast.gain = summary.gain;
  forecast.gain_lower = summary.gain_lower;
  forecast.gain_upper = summary.gain_upper;
  forecast.regret = summary.regret;
  forecast.regret_lower = summary.regret_lower;
  forecast.regret_upper = summary.regret_upper;
  SummarizeVerdicts(summary, forecast);
  return forecast;
}

}  // namespace mab::simulation
