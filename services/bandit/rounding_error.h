// What rounding alone can do to a comparison of rates in doubles. The quadrature's own checks can't
// see it: they integrate the posteriors that it left.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

// A bound of the error of a probability that one rate is above others: each posterior's log-odds
// are a double, the odds of a narrow one are off by a small part of its width, and probabilities by
// that times the density of the difference; and the sums of some hundred terms. About 1e-14, and
// 1e-11 for arms of 1e9 trials.
double RoundingError(const std::vector<Posterior>& posteriors);

}  // namespace mab::bandit
