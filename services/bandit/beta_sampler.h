// Draws from Beta distributions, exact in distribution and the same to the last bit on every
// machine.
//
// Thread safety: a pure function of the stream.
#pragma once

#include <cstdint>

#include "bandit/draw_version.h"
#include "bandit/random_stream.h"

namespace mab::bandit {

// The algorithm below. Whatever changes a single bit of a draw (order of the random numbers, a
// constant, an operation) needs a new id, and the old algorithm stays for replaying old versions.
inline constexpr uint32_t kSamplerId = 1;

// The odds θ/(1 − θ) of a draw θ ~ Beta(alpha, beta), as a quotient X/Y of Gamma draws (Marsaglia
// and Tsang, "A simple method for generating gamma variables", 2000; the normals by Marsaglia's
// polar method). Odds order as rates do, but two rates next to 1 do not round to a tie. Positive
// and finite: between 1e-180 and 1e180. REQUIRES: both parameters are 0.1 to 1e12.
double DrawBetaOdds(const Posterior& posterior, RandomStream& stream);

}  // namespace mab::bandit
