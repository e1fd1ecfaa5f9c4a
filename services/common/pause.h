// A wait that somebody can end. It is measured by a clock that nobody sets: absl's timed waits end
// at a time of day, so a clock that is set back by an hour makes each of them an hour longer.
//
// Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace mab {

class Pause {
 public:
  // Waits for so long, or until End or Wake. True once End was called.
  bool For(absl::Duration duration) {
    // The library adds it to the time of now, and nobody waits for a year.
    const absl::Duration bounded = std::min(duration, absl::Hours(24) * 365);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(bounded),
                      [this] { return ended_ || woken_; });
    woken_ = false;
    return ended_;
  }
  // Ends the wait that is under way, or the next one.
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  // Ends this wait and all later ones.
  void End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  bool ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  bool woken_ = false;
};

}  // namespace mab
