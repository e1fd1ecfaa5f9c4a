// A few callers at a time, a few that wait, and a refusal for everybody else. Some of the places to
// wait may be kept for callers that are known, who then go first: strangers, however many, can
// neither take all places nor hold the known ones up by more than who is running.
//
// Thread-safe.
#pragma once

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace mab::admin {

// Which places to wait a caller may take: the shared ones, or those that are kept for known callers
// as well.
enum class Place { kShared, kReserved };

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

  // `reserved` of the places to wait are kept. REQUIRES: running_max >= 1,
  // 0 <= reserved <= waiting_max.
  ConcurrencyLimit(int running_max, int waiting_max, int reserved = 0)
      : running_max_(running_max), waiting_max_(waiting_max), reserved_(reserved) {}

  // Waits for its turn. OVERLOADED at once where there is no place to wait.
  absl::StatusOr<Ticket> Enter(Place place = Place::kShared);

  // Callers that wait now.
  int waiting() const;

 private:
  void Leave();
  bool MayRun() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return running_ < running_max_; }
  bool StrangerMayRun() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return MayRun() && known_waiting_ == 0;
  }

  const int running_max_;
  const int waiting_max_;
  const int reserved_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  // All that wait, and of these those in kept places.
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  int known_waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mab::admin
