#include "admin/concurrency_limit.h"

#include "common/error.h"

namespace mab::admin {

absl::StatusOr<ConcurrencyLimit::Ticket> ConcurrencyLimit::Enter(Place place) {
  const bool known = place == Place::kReserved;
  absl::MutexLock lock(&mutex_);
  if (known ? !MayRun() : !StrangerMayRun()) {
    const bool full =
        known ? waiting_ >= waiting_max_ : waiting_ - known_waiting_ >= waiting_max_ - reserved_;
    if (full) return UnavailableError(kReasonOverloaded, "too many requests of this kind at once");
    ++waiting_;
    known_waiting_ += known ? 1 : 0;
    mutex_.Await(absl::Condition(
        this, known ? &ConcurrencyLimit::MayRun : &ConcurrencyLimit::StrangerMayRun));
    --waiting_;
    known_waiting_ -= known ? 1 : 0;
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
