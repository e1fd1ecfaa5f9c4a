// What Stirling's formula lacks: log Γ(x) = (x − ½) log x − x + ½ log 2π + StirlingError(x). Ratios
// of gammas that are nearly equal keep their digits when they are made of these.
//
// Thread safety: pure functions.
#pragma once

namespace mab::bandit {

// Absolute error at most about 1e-15. REQUIRES: x >= 0.1.
double StirlingError(double x);

}  // namespace mab::bandit
