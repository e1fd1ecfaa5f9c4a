// The distribution of the highest of several independent rates, max_j θ_j, tabulated like that of a
// single one: F = ∏ F_j, f = Σ_j f_j ∏_{i≠j} F_i.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/draw_version.h"
#include "bandit/tabulated_distribution.h"

namespace mab::bandit {

// REQUIRES: 1 to 100 posteriors, each parameter at least 0.1.
TabulatedDistribution HighestRate(const std::vector<Posterior>& posteriors);

}  // namespace mab::bandit
