// A few callers at a time, a few that wait, and a refusal for everybody else.
//
// Thread-safe.
#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace mab::admin {

class ConcurrencyLimit {
 public:
  // While it lives, its holder is one of the few. Movable; must not outlive the limit.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (limit_ != nullptr) limit_->Leave();
    }

   private:
    friend class ConcurrencyLimit;
    explicit Ticket(ConcurrencyLimit* limit) : limit_(limit) {}
    ConcurrencyLimit* limit_;
  };

  // REQUIRES: running_max >= 1, waiting_max >= 0.
  ConcurrencyLimit(int running_max, int waiting_max)
      : running_max_(running_max), waiting_max_(waiting_max) {}

  // Waits for a place. OVERLOADED at once where `waiting_max` wait already.
  absl::StatusOr<Ticket> Enter();

  // Callers that wait now.
  int waiting() const;

 private:
  void Leave();
  bool HasPlace() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return running_ < running_max_; }

  const int running_max_;
  const int waiting_max_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::admin
