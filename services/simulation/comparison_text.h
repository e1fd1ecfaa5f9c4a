// What mab-simulate prints: the scenario in words, and a table of what each policy did in it.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "simulation/run_summary.h"
#include "simulation/scenario.h"

namespace mab::simulation {

struct PolicyResult {
  SimulatedPolicy policy = SimulatedPolicy::kThompson;
  RunSummary summary;
};

// REQUIRES: at least one result; all of `scenario` but for its policy.
std::string ComparisonText(const Scenario& scenario, const std::vector<PolicyResult>& results);

}  // namespace mab::simulation
