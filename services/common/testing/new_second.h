// For tests of what is counted by the second.
#pragma once

#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace mab {

// Until another second begins, in which what ran before doesn't count.
inline void WaitForANewSecond() {
  const auto second = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now());
  while (std::chrono::steady_clock::now() < second) absl::SleepFor(absl::Milliseconds(1));
}

}  // namespace mab
