// Who waits for which sequence of the journal.
//
// Thread safety: none of its own; the journal's lock guards it. Callbacks are handed out, to be
// called without the lock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "assignment/journal.h"

namespace mab::assignment {

class SequenceWaiters {
 public:
  using Callbacks = std::vector<Journal::Callback>;

  void Add(uint64_t sequence, Journal::Callback done) {
    waiters_.push_back({sequence, std::move(done)});
  }

  bool AnyThrough(uint64_t sequence) const {
    return std::any_of(waiters_.begin(), waiters_.end(),
                       [sequence](const Waiter& waiter) { return waiter.sequence <= sequence; });
  }

  // Those that wait for `sequence` or one before, in the order in which they came.
  Callbacks TakeThrough(uint64_t sequence) {
    return Take([sequence](const Waiter& waiter) { return waiter.sequence <= sequence; });
  }
  Callbacks TakeAfter(uint64_t sequence) {
    return Take([sequence](const Waiter& waiter) { return waiter.sequence > sequence; });
  }

  static void Call(Callbacks callbacks, const absl::Status& status) {
    for (Journal::Callback& done : callbacks) done(status);
  }

 private:
  struct Waiter {
    uint64_t sequence;
    Journal::Callback done;
  };

  template <typename Predicate>
  Callbacks Take(Predicate taken) {
    Callbacks callbacks;
    size_t kept = 0;
    for (size_t i = 0; i < waiters_.size(); ++i) {
      if (taken(waiters_[i])) {
        callbacks.push_back(std::move(waiters_[i].done));
      } else {
        if (kept != i) waiters_[kept] = std::move(waiters_[i]);
        ++kept;
      }
    }
    waiters_.erase(waiters_.begin() + static_cast<std::ptrdiff_t>(kept), waiters_.end());
    return callbacks;
  }

  std::vector<Waiter> waiters_;
};

}  // namespace mab::assignment
