// Draws from Beta distributions, exact in distribution and the same to the last bit on every
// machine.
//
// Thread safety: a pure function of the stream.
#pragma once

#include <cstdint>

#include "bandit/draw_version.h"
#include "bandit/random_stream.h"

namespace mab::bandit {

// Whatever changes a single bit of a draw (order of the random numbers, a constant, an operation)
// is a sampler of its own with a new id, and the old one stays for replaying old versions.
//   1  a quotient X/Y of Gamma draws: Marsaglia and Tsang, "A simple method for generating gamma
//      variables" (2000), the normals by Marsaglia's polar method, shapes below 1 by a power of a
//      uniform.
//   2  where both parameters are below 1, rejection from two powers, which needs no Gamma and half
//      the time; the same as 1 elsewhere.
inline constexpr uint32_t kGammaQuotientSampler = 1;
inline constexpr uint32_t kSwitchingSampler = 2;
// The one that new versions name.
inline constexpr uint32_t kSamplerId = kSwitchingSampler;

// The odds θ/(1 − θ) of a draw θ ~ Beta(alpha, beta). Odds order as rates do, but two rates next to
// 1 do not round to a tie. Positive and finite: between 1e-180 and 1e180. REQUIRES: both parameters
// are 0.1 to 1e12; `sampler_id` is one of the above.
double DrawBetaOdds(const Posterior& posterior, RandomStream& stream,
                    uint32_t sampler_id = kSamplerId);

}  // namespace mab::bandit
