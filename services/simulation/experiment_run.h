// One simulated experiment, from its first visitor to its end.
//
// Thread safety: pure functions; runs may be made on any thread and in any order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "simulation/scenario.h"
#include "simulation/stopping_rule.h"

namespace mab::simulation {

struct RunOutcome {
  // At the scenario's checkpoints: expected conversions lost so far against serving the best arm to
  // every visitor (Σ visitors of arm k · (rate of the best − rate of k)). After a run that stopped
  // it stays what it was.
  std::vector<double> regret;
  // The first verdict and when it was given, in days.
  std::optional<SimulatedVerdict> verdict;
  double verdict_days = 0;
  // Visitors until the end of the run, and of those who would have converted by the rates: expected
  // conversions more than an equal split of the same visitors.
  double visitors = 0;
  double gain = 0;
  double final_regret = 0;
  // What the run took: intervals with visitors, and the microseconds of all looks at the verdict as
  // estimated.
  uint64_t intervals = 0;
  double look_microseconds = 0;
  // At the end, by arm: exposures; posterior mean − rate; conversions/exposures − rate (0 where
  // nobody was exposed).
  std::vector<uint64_t> exposures;
  std::vector<double> posterior_bias;
  std::vector<double> sample_bias;
};

// Run number `run` of the scenario. REQUIRES: CheckScenario finds nothing.
RunOutcome RunExperiment(const Scenario& scenario, uint64_t run);

// The same, or none once `is_over`, which is asked after each interval, says that nobody waits any
// longer.
std::optional<RunOutcome> RunExperimentUnless(const std::function<bool()>& is_over,
                                              const Scenario& scenario, uint64_t run);

}  // namespace mab::simulation
