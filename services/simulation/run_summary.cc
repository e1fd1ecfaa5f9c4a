#include "simulation/run_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mab::simulation {
namespace {

template <typename ValueOf>
std::vector<double> Gather(const std::vector<RunOutcome>& outcomes, const ValueOf& value) {
  std::vector<double> values;
  values.reserve(outcomes.size());
  for (const RunOutcome& outcome : outcomes) values.push_back(value(outcome));
  return values;
}

std::vector<QuantileBand> SummarizeCurve(const std::vector<RunOutcome>& outcomes) {
  std::vector<QuantileBand> curve;
  for (size_t i = 0; i < outcomes[0].regret.size(); ++i) {
    std::vector<double> values =
        Gather(outcomes, [&](const RunOutcome& outcome) { return outcome.regret[i]; });
    const double mean = EstimateMean(values).mean;
    std::sort(values.begin(), values.end());
    curve.push_back({mean, SortedQuantile(values, 0.1), SortedQuantile(values, 0.9)});
  }
  return curve;
}

void SummarizeDays(const std::vector<RunOutcome>& outcomes, RunSummary& summary) {
  std::vector<double> decided;
  std::vector<double> all;
  for (const RunOutcome& outcome : outcomes) {
    if (outcome.verdict.has_value()) decided.push_back(outcome.verdict_days);
    all.push_back(outcome.verdict.has_value() ? outcome.verdict_days
                                              : std::numeric_limits<double>::infinity());
  }
  if (!decided.empty()) summary.days = EstimateMean(decided);
  std::sort(all.begin(), all.end());
  summary.days_p10 = SortedQuantile(all, 0.1);
  summary.days_p50 = SortedQuantile(all, 0.5);
  summary.days_p90 = SortedQuantile(all, 0.9);
}

void SummarizeVerdicts(const Scenario& scenario, const std::vector<RunOutcome>& outcomes,
                       RunSummary& summary) {
  const double best = BestRate(scenario);
  const double worst = *std::min_element(scenario.rates.begin(), scenario.rates.end());
  const double caring = bandit::EffectiveThreshold(scenario.stopping.threshold_of_caring, best);
  const auto share = [&](const auto& holds) {
    const auto count = std::count_if(outcomes.begin(), outcomes.end(), holds);
    return static_cast<double>(count) / static_cast<double>(outcomes.size());
  };
  const auto wins = [](const RunOutcome& o) {
    return o.verdict.has_value() && o.verdict->complete;
  };
  const auto lost = [&](const RunOutcome& o) { return best - scenario.rates[o.verdict->leader]; };
  summary.share_winner = share(wins);
  summary.share_no_difference =
      share([](const RunOutcome& o) { return o.verdict.has_value() && !o.verdict->complete; });
  summary.share_undecided = share([](const RunOutcome& o) { return !o.verdict.has_value(); });
  summary.share_decided = share([](const RunOutcome& o) { return o.verdict.has_value(); });
  summary.share_wrong_winner = share([&](const RunOutcome& o) { return wins(o) && lost(o) > 0; });
  summary.share_costly_winner =
      share([&](const RunOutcome& o) { return wins(o) && lost(o) > caring; });
  if (best - worst > caring) summary.share_missed_difference = summary.share_no_difference;
}

}  // namespace

Estimate EstimateMean(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  double sum = 0;
  for (double value : values) sum += value;
  Estimate estimate;
  estimate.mean = sum / count;
  if (values.size() < 2) return estimate;
  double squares = 0;
  for (double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.standard_error = std::sqrt(squares / (count - 1) / count);
  return estimate;
}

double SortedQuantile(const std::vector<double>& sorted, double probability) {
  const double position = std::ceil(probability * static_cast<double>(sorted.size()) - 1e-9);
  const size_t index = position < 1 ? 0 : static_cast<size_t>(position) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

RunSummary Summarize(const Scenario& scenario, const std::vector<RunOutcome>& outcomes) {
  RunSummary summary;
  summary.runs = outcomes.size();
  std::vector<double> regrets =
      Gather(outcomes, [](const RunOutcome& o) { return o.final_regret; });
  summary.regret = EstimateMean(regrets);
  std::sort(regrets.begin(), regrets.end());
  summary.regret_lower = SortedQuantile(regrets, 0.05);
  summary.regret_upper = SortedQuantile(regrets, 0.95);
  summary.regret_curve = SummarizeCurve(outcomes);
  std::vector<double> gains = Gather(outcomes, [](const RunOutcome& o) { return o.gain; });
  summary.gain = EstimateMean(gains);
  std::sort(gains.begin(), gains.end());
  summary.gain_lower = SortedQuantile(gains, 0.05);
  summary.gain_upper = SortedQuantile(gains, 0.95);
  SummarizeDays(outcomes, summary);
  SummarizeVerdicts(scenario, outcomes, summary);
  for (size_t arm = 0; arm < scenario.rates.size(); ++arm) {
    summary.posterior_bias.push_back(
        EstimateMean(Gather(outcomes, [&](const RunOutcome& o) { return o.posterior_bias[arm]; })));
    summary.sample_bias.push_back(
        EstimateMean(Gather(outcomes, [&](const RunOutcome& o) { return o.sample_bias[arm]; })));
  }
  return summary;
}

}  // namespace mab::simulation
