// Counts conversions that were on record already. They leave no record of their own: the counts are
// appended to the journal now and then, and a count that is lost in a crash is a count only.
//
// Thread-safe. Journal and clock are not owned.
#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "assignment/journal.h"
#include "common/clock.h"
#include "common/uuid.h"

namespace mab::assignment {

class DuplicateCounter {
 public:
  DuplicateCounter(Journal* journal, const Clock* clock) : journal_(journal), clock_(clock) {}

  // Bounded: an experiment that exists has one number.
  void Add(ExperimentId experiment);
  // Appends what was counted since the last time. What the journal refuses is kept for the next
  // time.
  void Flush();

 private:
  Journal* const journal_;
  const Clock* const clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<ExperimentId, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
