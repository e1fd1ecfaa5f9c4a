// The random numbers of one simulated run: a pure function of (seed, run, purpose), so that any run
// can be made alone, on any thread, and again.
//
// Thread safety: one thread an object.
#pragma once

#include <cstdint>
#include <limits>

#include "bandit/random_stream.h"

namespace mab::simulation {

// Purposes, each a stream of its own: so that policies meet the same luck where they do the same.
inline constexpr uint32_t kChoiceStream = 1;
inline constexpr uint32_t kConversionStream = 2;
inline constexpr uint32_t kDelayStream = 3;
inline constexpr uint32_t kEnvironmentStream = 4;

bandit::RandomStream MakeRunStream(uint64_t seed, uint64_t run, uint32_t purpose);

// A RandomStream as the distributions of Boost.Random take it (UniformRandomBitGenerator).
class RandomBits {
 public:
  using result_type = uint64_t;
  explicit RandomBits(bandit::RandomStream& stream) : stream_(stream) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<uint64_t>::max(); }
  result_type operator()() { return stream_.NextBits(); }

 private:
  bandit::RandomStream& stream_;
};

}  // namespace mab::simulation
