// Sees to it that a version is in the journal before the first assignment that was drawn from it,
// so that exactly the used versions reach PostgreSQL and every assignment can be replayed.
//
// Thread-safe. The journal is not owned; this outlives the journal's callbacks.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "assignment/journal.h"
#include "bandit/draw_version.h"
#include "common/uuid.h"

namespace mab::assignment {

class VersionRecorder {
 public:
  explicit VersionRecorder(Journal* journal) : journal_(journal) {}

  // The sequence of the record that holds this version: the assignment's record is appended after
  // it. Writes the version once in the life of the process, and again after a write that failed.
  // Errors are the journal's.
  absl::StatusOr<uint64_t> Ensure(ExperimentId experiment, const bandit::DrawVersion& version);

 private:
  struct Written {
    uint64_t number = 0;
    uint64_t sequence = 0;
  };

  void Forget(ExperimentId experiment, uint64_t sequence);

  Journal* const journal_;
  absl::Mutex mutex_;
  // The last few of each experiment: a request that took an older snapshot may still draw from an
  // older version.
  absl::flat_hash_map<ExperimentId, std::vector<Written>> written_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
