// Thompson sampling's choice for one visitor, as bandit/draw.cc makes it, from a stream that goes
// on from visitor to visitor: the same distribution without a key for each.
//
// Thread safety: pure functions of the stream.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/random_stream.h"

namespace mab::simulation {

// One draw from every posterior; the index of the largest. REQUIRES: at least one posterior.
size_t DrawBest(const std::vector<bandit::Posterior>& posteriors, bandit::RandomStream& stream);

// A rate from Beta(alpha, beta), between 0 and 1.
double DrawRate(const bandit::Posterior& distribution, bandit::RandomStream& stream);

}  // namespace mab::simulation
