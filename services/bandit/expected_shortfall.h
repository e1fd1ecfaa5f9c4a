// What choosing an arm that is not in the race would lose: E[max(M, θ) − θ] = E[(M − θ)⁺], with M
// the highest rate of those that are. As ∫ F_θ(x) P(M > x) dx, by quadrature; M is tabulated once
// for all of them.
//
// Used by analytics for disabled variants. Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

// By entry of `outside`, in conversion rate; never negative. Absolute error at most 1e-9. Time: one
// ComputeBestArm of `racing` at most, plus some 30 µs an outsider. REQUIRES: 1 to 100 of `racing`;
// each parameter at least 0.1.
std::vector<double> ExpectedShortfalls(const std::vector<Posterior>& racing,
                                       const std::vector<Posterior>& outside);

}  // namespace mab::bandit
