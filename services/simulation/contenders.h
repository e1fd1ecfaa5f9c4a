// The arms that can still be the best, and what the exact quadrature says of all arms when it looks
// at these alone: a hundred arms cost a hundred times what three do, and soon only a few are left.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/draw_version.h"

namespace mab::simulation {

// Indices, ascending. An arm is left out where some rate x has both P(its rate >= x) and P(the rate
// of some other arm <= x) below 1e-13, by Chernoff's bound: for whole a and b a Beta's tail is a
// binomial's, so that P(Beta(a, b) >= x) <= exp(−n kl((a − 1)/n, x)) with n = a + b − 1; rounding a
// up and b down makes the tail greater. REQUIRES: at least one posterior.
std::vector<size_t> Contenders(const std::vector<bandit::Posterior>& posteriors);

// As bandit::ComputeBestArm of all, to within 1e-11: of the arms that are left out P(best) is 0,
// and the expected loss follows from the means. `contenders` is Contenders(posteriors).
bandit::BestArm ComputeBestContender(const std::vector<bandit::Posterior>& posteriors,
                                     const std::vector<size_t>& contenders);

}  // namespace mab::simulation
