// Holds the current snapshot. Readers take a reference and keep what they took; a newer one
// replaces it as a whole.
//
// Thread-safe: a shared_ptr copied under a mutex.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

class SnapshotHolder {
 public:
  // Null until the first one is there.
  std::shared_ptr<const Snapshot> Get() const;
  // REQUIRES: `snapshot` is not null.
  void Set(std::shared_ptr<const Snapshot> snapshot);
  // Whether the first one is there, at the latest after `timeout`.
  bool WaitForFirst(absl::Duration timeout) const;

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
