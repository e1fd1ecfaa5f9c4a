// The random numbers of one user at one version of one experiment: any number of independent
// streams, each a pure function of (salt, user, version, stream), so that any machine at any time
// reads the same numbers.
//
// The key of a stream is SipHash-2-4-128, keyed by the salt, of user hash (16 bytes) | version (64
// bits) | stream (32 bits), integers little-endian; its numbers are the words of Philox4x64-10
// under that key at counters 0, 1, 2, …
//
// Thread safety: one thread an object.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bandit/draw_version.h"
#include "bandit/philox.h"
#include "bandit/user_hash.h"

namespace mab::bandit {

// Stream indices. Stream kFirstArmStream + i draws the Beta of arm i.
inline constexpr uint32_t kTrafficShareStream = 0;
inline constexpr uint32_t kChoiceStream = 1;
inline constexpr uint32_t kFirstArmStream = 2;

class RandomStream {
 public:
  RandomStream(const Salt& salt, const UserHash& user, uint64_t version, uint32_t stream);

  uint64_t NextBits() {
    if (words_used_ == block_.size()) {
      block_ = Philox4x64(key_, {next_counter_++, 0, 0, 0});
      words_used_ = 0;
    }
    return block_[words_used_++];
  }
  // Uniform on the multiples of 2^-53 in [0, 1).
  double NextUniform() { return static_cast<double>(NextBits() >> 11) * 0x1p-53; }

 private:
  PhiloxKey key_;
  uint64_t next_counter_ = 0;
  PhiloxBlock block_{};
  size_t words_used_ = block_.size();
};

}  // namespace mab::bandit
