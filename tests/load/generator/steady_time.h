// Time that only goes forward, in nanoseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace mab::load {

constexpr int64_t kSecondNs = 1'000'000'000;

inline int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

inline int64_t ToNs(double seconds) {
  return static_cast<int64_t>(seconds * static_cast<double>(kSecondNs));
}

}  // namespace mab::load
