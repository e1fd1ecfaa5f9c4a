#include "admin/concurrency_limit.h"

#include "common/error.h"

namespace mab::admin {

absl::StatusOr<ConcurrencyLimit::Ticket> ConcurrencyLimit::Enter() {
  absl::MutexLock lock(&mutex_);
  if (!HasPlace()) {
    if (waiting_ >= waiting_max_) {
      return UnavailableError(kReasonOverloaded, "too many requests of this kind at once");
    }
    ++waiting_;
    mutex_.Await(absl::Condition(this, &ConcurrencyLimit::HasPlace));
    --waiting_;
  }
  ++running_;
  return Ticket(this);
}

int ConcurrencyLimit::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiting_;
}

void ConcurrencyLimit::Leave() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

}  // namespace mab::admin
