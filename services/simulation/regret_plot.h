// Regret over time, a line and a band a policy, as an SVG that stands alone: no script, no font and
// no style from elsewhere.
//
// Thread safety: a pure function.
#pragma once

#include <string>
#include <vector>

#include "simulation/comparison_text.h"
#include "simulation/scenario.h"

namespace mab::simulation {

// The mean at each checkpoint of the scenario, and a band from the 0.1 to the 0.9 quantile of the
// runs. REQUIRES: at least one result, with as many points as the scenario has checkpoints.
std::string RegretPlot(const Scenario& scenario, const std::vector<PolicyResult>& results);

}  // namespace mab::simulation
