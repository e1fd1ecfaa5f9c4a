// Exact draws of counts.
//
// Thread safety: pure functions of the stream.
#pragma once

#include <cstdint>
#include <vector>

#include "bandit/random_stream.h"

namespace mab::simulation {

// Binomial(trials, probability), by Boost.Random (BTRD of Hörmann 1993; inversion where the mean is
// small). `trials` is at most 1e10; a probability outside [0, 1] counts as the nearer end.
uint64_t DrawBinomial(uint64_t trials, double probability, bandit::RandomStream& stream);

// How many of `trials` fall to each index, with chances proportional to `weights`: a chain of
// binomials. The counts sum to `trials`, and an index of weight 0 gets none. REQUIRES: weights are
// >= 0 with a positive sum.
void DrawMultinomial(uint64_t trials, const std::vector<double>& weights,
                     bandit::RandomStream& stream, std::vector<uint64_t>& counts);

}  // namespace mab::simulation
