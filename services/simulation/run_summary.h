// What the runs of a scenario say together: means with standard errors, quantiles, error rates.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "simulation/experiment_run.h"
#include "simulation/scenario.h"

namespace mab::simulation {

struct Estimate {
  double mean = 0;
  // Of the mean; 0 for a single value.
  double standard_error = 0;
};

// REQUIRES: at least one value.
Estimate EstimateMean(const std::vector<double>& values);

// The smallest of `sorted` that at least a share `probability` of them doesn't exceed. REQUIRES:
// ascending, not empty.
double SortedQuantile(const std::vector<double>& sorted, double probability);

struct QuantileBand {
  double mean = 0;
  double lower = 0;  // the 0.1 quantile
  double upper = 0;  // the 0.9 quantile
};

struct RunSummary {
  size_t runs = 0;
  // Conversions lost against serving the best arm only, at the end.
  Estimate regret;
  double regret_lower = 0;  // the 0.05 quantile over runs
  double regret_upper = 0;  // the 0.95 quantile
  // At the checkpoints.
  std::vector<QuantileBand> regret_curve;
  // Conversions gained over an equal split of the same visitors.
  Estimate gain;
  double gain_lower = 0;  // the same quantiles
  double gain_upper = 0;
  // Of runs, by what was decided: winner, no difference and undecided sum to 1.
  double share_winner = 0;
  double share_no_difference = 0;
  double share_undecided = 0;
  double share_decided = 0;  // the first two together
  // Days to the verdict; infinite where that share of runs had none.
  double days_p10 = 0;
  double days_p50 = 0;
  double days_p90 = 0;
  // Mean days to the verdict, over the runs that had one.
  Estimate days;
  // Of runs: a winner that is not the best arm; a winner that is worse than the best arm by more
  // than the threshold of caring; "no difference" where the best and the worst arm differ by more
  // than it.
  double share_wrong_winner = 0;
  double share_costly_winner = 0;
  double share_missed_difference = 0;
  // By arm, at the end.
  std::vector<Estimate> posterior_bias;
  std::vector<Estimate> sample_bias;
};

// REQUIRES: at least one outcome, of this scenario.
RunSummary Summarize(const Scenario& scenario, const std::vector<RunOutcome>& outcomes);

}  // namespace mab::simulation
