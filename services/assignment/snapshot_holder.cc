#include "assignment/snapshot_holder.h"

#include <utility>

namespace mab::assignment {

std::shared_ptr<const Snapshot> SnapshotHolder::Get() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

void SnapshotHolder::Set(std::shared_ptr<const Snapshot> snapshot) {
  absl::MutexLock lock(&mutex_);
  // The old one is freed after the lock: `snapshot` takes it along.
  snapshot_.swap(snapshot);
}

bool SnapshotHolder::WaitForFirst(absl::Duration timeout) const {
  absl::MutexLock lock(&mutex_);
  const auto is_there = [this]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return snapshot_ != nullptr; };
  return mutex_.AwaitWithTimeout(absl::Condition(&is_there), timeout);
}

}  // namespace mab::assignment
