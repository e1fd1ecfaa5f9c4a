// Lines of the log that anybody can cause are written a few a second, and counted beyond that: a
// flood of them neither fills the disk nor hides what else is said.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mab {

class LogThrottle {
 public:
  explicit constexpr LogThrottle(int64_t lines_per_second) : lines_max_(lines_per_second) {}

  // nullopt: not this line. Otherwise how many were left out before it.
  std::optional<int64_t> Admit(std::chrono::steady_clock::time_point now) {
    const int64_t second =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    int64_t last = second_.load(std::memory_order_relaxed);
    if (last != second && second_.compare_exchange_strong(last, second)) lines_.store(0);
    if (lines_.fetch_add(1) >= lines_max_) {
      omitted_.fetch_add(1);
      return std::nullopt;
    }
    return omitted_.exchange(0);
  }

 private:
  const int64_t lines_max_;
  std::atomic<int64_t> second_{-1};
  std::atomic<int64_t> lines_{0};
  std::atomic<int64_t> omitted_{0};
};

// Of one kind of line about callers: strangers can't hide what is said of those who are known.
class CallerLogThrottle {
 public:
  // As LogThrottle::Admit.
  std::optional<int64_t> Admit(bool is_known) {
    return (is_known ? known_ : strangers_).Admit(std::chrono::steady_clock::now());
  }

 private:
  static constexpr int64_t kLinesPerSecond = 10;
  LogThrottle known_{kLinesPerSecond};
  LogThrottle strangers_{kLinesPerSecond};
};

}  // namespace mab
