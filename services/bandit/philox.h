// Philox4x64-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3" (SC 2011). A block is a pure function of key and counter, so a
// stream needs no state that could be lost.
//
// Thread safety: a pure function.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace mab::bandit {

using PhiloxKey = std::array<uint64_t, 2>;
using PhiloxBlock = std::array<uint64_t, 4>;

// 256 random bits. Different counters under one key give independent blocks.
inline PhiloxBlock Philox4x64(const PhiloxKey& key, const PhiloxBlock& counter) {
  constexpr size_t kRounds = 10;
  constexpr uint64_t kMultiplier0 = 0xD2E7470EE14C6C93;
  constexpr uint64_t kMultiplier1 = 0xCA5A826395121157;
  // The key moves by the golden ratio and by sqrt(3) − 1 a round.
  constexpr uint64_t kWeyl0 = 0x9E3779B97F4A7C15;
  constexpr uint64_t kWeyl1 = 0xBB67AE8584CAA73B;
  __extension__ using Uint128 = unsigned __int128;

  PhiloxBlock x = counter;
  uint64_t key0 = key[0];
  uint64_t key1 = key[1];
  const auto round = [&](size_t) {
    const Uint128 product0 = static_cast<Uint128>(kMultiplier0) * x[0];
    const Uint128 product1 = static_cast<Uint128>(kMultiplier1) * x[2];
    x = {static_cast<uint64_t>(product1 >> 64) ^ x[1] ^ key0, static_cast<uint64_t>(product1),
         static_cast<uint64_t>(product0 >> 64) ^ x[3] ^ key1, static_cast<uint64_t>(product0)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  };
  // Unrolled: the words change places each round, which then costs nothing.
  [&]<size_t... kRound>(std::index_sequence<kRound...>) { (round(kRound), ...); }
  (std::make_index_sequence<kRounds>());
  return x;
}

}  // namespace mab::bandit
