#include "simulation/experiment_run.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>

#include "simulation/multinomial.h"
#include "simulation/outcome_ledger.h"
#include "simulation/run_stream.h"
#include "simulation/simulated_time.h"
#include "simulation/visitor_split.h"

namespace mab::simulation {
namespace {

constexpr double kPi = 3.14159265358979323846;

class ExperimentRun {
 public:
  ExperimentRun(const Scenario& scenario, uint64_t run)
      : scenario_(scenario),
        best_rate_(BestRate(scenario)),
        mean_rate_(std::accumulate(scenario.rates.begin(), scenario.rates.end(), 0.0) /
                   static_cast<double>(scenario.rates.size())),
        split_(MakeVisitorSplit(scenario)),
        choices_(MakeRunStream(scenario.seed, run, kChoiceStream)),
        outcomes_(MakeRunStream(scenario.seed, run, kConversionStream)),
        ledger_(scenario, MakeRunStream(scenario.seed, run, kDelayStream)),
        conversions_(scenario.rates.size(), 0),
        next_look_days_(scenario.stopping.look_days) {}

  std::optional<RunOutcome> Run(const std::function<bool()>& is_over) {
    outcome_.regret.reserve(scenario_.checkpoints_days.size());
    const double end_seconds = scenario_.days * kSecondsPerDay;
    double start = 0;
    while (start < end_seconds * (1 - kTimeTolerance)) {
      double end = start + std::max(scenario_.update_seconds, start * scenario_.update_growth);
      if (end > end_seconds * (1 - kTimeTolerance)) end = end_seconds;
      const double regret_at_start = outcome_.final_regret;
      Serve(start, end);
      RecordCheckpoints(start, end, regret_at_start);
      start = end;
      Look(end);
      if (outcome_.verdict.has_value() && scenario_.stop_at_verdict) break;
      if (is_over()) return std::nullopt;
    }
    Finish();
    return std::move(outcome_);
  }

 private:
  // The visitors of [start, end), in seconds.
  void Serve(double start, double end) {
    const double due =
        std::floor(scenario_.visitors_per_day * end / kSecondsPerDay * (1 + kTimeTolerance));
    const double visitors = due - outcome_.visitors;
    if (visitors >= 1) {
      split_->Split(ledger_, static_cast<uint64_t>(visitors), choices_, split_counts_);
      Convert((start + end) / 2);
      ++outcome_.intervals;
      outcome_.visitors = due;
    }
    ledger_.AdvanceTo(end);
  }

  void Convert(double time) {
    const double level =
        scenario_.swing == 0 ? 1 : 1 + scenario_.swing * std::sin(2 * kPi * time / kSecondsPerDay);
    for (size_t arm = 0; arm < split_counts_.size(); ++arm) {
      const double rate = scenario_.rates[arm] * level;
      const double visitors = static_cast<double>(split_counts_[arm]);
      conversions_[arm] = DrawBinomial(split_counts_[arm], rate, outcomes_);
      outcome_.final_regret += visitors * (best_rate_ * level - rate);
      outcome_.gain += visitors * (rate - mean_rate_ * level);
    }
    ledger_.Add(time, split_counts_, conversions_);
  }

  // Within an interval regret grows evenly.
  void RecordCheckpoints(double start, double end, double regret_at_start) {
    while (outcome_.regret.size() < scenario_.checkpoints_days.size()) {
      const double time = scenario_.checkpoints_days[outcome_.regret.size()] * kSecondsPerDay;
      if (time > end * (1 + kTimeTolerance)) return;
      const double share = std::min((time - start) / (end - start), 1.0);
      outcome_.regret.push_back(regret_at_start +
                                share * (outcome_.final_regret - regret_at_start));
    }
  }

  void Look(double end) {
    const double days = end / kSecondsPerDay;
    if (outcome_.verdict.has_value() || days * (1 + kTimeTolerance) < next_look_days_) return;
    next_look_days_ = days + scenario_.stopping.look_days;
    outcome_.verdict = LookForVerdict(scenario_.stopping,
                                      {.days = days,
                                       .exposures = ledger_.exposures(),
                                       .posteriors = ledger_.posteriors(),
                                       .rate_swings = scenario_.swing > 0},
                                      outcome_.look_microseconds);
    outcome_.verdict_days = days;
  }

  void Finish() {
    outcome_.regret.resize(scenario_.checkpoints_days.size(), outcome_.final_regret);
    outcome_.exposures = ledger_.exposures();
    for (size_t arm = 0; arm < scenario_.rates.size(); ++arm) {
      const bandit::Posterior& posterior = ledger_.posteriors()[arm];
      const double exposures = static_cast<double>(ledger_.exposures()[arm]);
      const double conversions = static_cast<double>(ledger_.conversions()[arm]);
      const double rate = scenario_.rates[arm];
      outcome_.posterior_bias.push_back(posterior.mean() - rate);
      outcome_.sample_bias.push_back(exposures > 0 ? conversions / exposures - rate : 0);
    }
  }

  const Scenario& scenario_;
  const double best_rate_;
  const double mean_rate_;
  const std::unique_ptr<VisitorSplit> split_;
  bandit::RandomStream choices_;
  bandit::RandomStream outcomes_;
  OutcomeLedger ledger_;
  std::vector<uint64_t> split_counts_;
  std::vector<uint64_t> conversions_;
  double next_look_days_;
  RunOutcome outcome_;
};

}  // namespace

RunOutcome RunExperiment(const Scenario& scenario, uint64_t run) {
  return *RunExperimentUnless([] { return false; }, scenario, run);
}

std::optional<RunOutcome> RunExperimentUnless(const std::function<bool()>& is_over,
                                              const Scenario& scenario, uint64_t run) {
  return ExperimentRun(scenario, run).Run(is_over);
}

}  // namespace mab::simulation
