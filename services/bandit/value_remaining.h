// How much better than the leader the best arm may still be: value remaining.
//
// S. L. Scott, "A modern Bayesian look at the multi-armed bandit" (2010), and "Multi-armed bandit
// experiments in the online service economy" (2015): a quantile of V = (max_j θ_j − θ_leader) /
// θ_leader. An experiment can end when it is small.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

// The `quantile` (0.95 is usual) of V, relative to the leader's rate: 0.01 is 1 % of it. 0 and
// more, finite; exactly 0 once P(leader is best) >= quantile. By quadrature, P(V <= v) = ∫
// f_leader(x) ∏_{j≠leader} F_j((1 + v) x) dx: 1e-9 relative for parameters of 0.1 to 1e9, and 1e-12
// of the spread of V where that is greater. REQUIRES: 1 to 100 posteriors, each parameter at least
// 0.1; leader < posteriors.size(); 0 < quantile < 1.
double ValueRemaining(const std::vector<Posterior>& posteriors, size_t leader, double quantile);

}  // namespace mab::bandit
