// Philox4x64-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3" (SC 2011). A block is a pure function of key and counter, so a
// stream needs no state that could be lost.
//
// Thread safety: a pure function.
#pragma once

#include <array>
#include <cstdint>

namespace mab::bandit {

using PhiloxKey = std::array<uint64_t, 2>;
using PhiloxBlock = std::array<uint64_t, 4>;

// 256 random bits. Different counters under one key give independent blocks.
PhiloxBlock Philox4x64(const PhiloxKey& key, const PhiloxBlock& counter);

}  // namespace mab::bandit
