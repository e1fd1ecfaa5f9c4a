#include "assignment/duplicate_counter.h"

#include "absl/time/time.h"
#include "storage/event.h"

namespace mab::assignment {

void DuplicateCounter::Add(ExperimentId experiment) {
  absl::MutexLock lock(&mutex_);
  ++counts_[experiment];
}

void DuplicateCounter::Flush() {
  absl::flat_hash_map<ExperimentId, uint64_t> counts;
  {
    absl::MutexLock lock(&mutex_);
    counts.swap(counts_);
  }
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(clock_->Now()));
  for (const auto& [experiment, count] : counts) {
    const storage::CountEvent event{experiment, storage::CountEvent::Kind::kDuplicateConversion,
                                    now, count};
    if (journal_->Append(event).ok()) continue;
    absl::MutexLock lock(&mutex_);
    counts_[experiment] += count;
  }
}

}  // namespace mab::assignment
