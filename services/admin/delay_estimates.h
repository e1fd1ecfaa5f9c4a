// The distribution of time to conversion of each experiment, as the analytics need it: estimated
// when asked for, and kept for a minute, for it takes longer than all that is made of it.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bandit/delay_distribution.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/experiment.h"

namespace mab::admin {

class DelayEstimates {
 public:
  struct Options {
    // How old an estimate may be.
    absl::Duration age_max = absl::Minutes(1);
    // Estimates that are kept, of 1.6 KB each. With more active experiments than that each look
    // would estimate anew.
    size_t size_max = 16'384;
  };

  explicit DelayEstimates(const Options& options) : options_(options) {}

  // In the caller's transaction. In an experiment's first minutes an estimate is kept for a tenth
  // of its age.
  absl::StatusOr<std::shared_ptr<const bandit::DelayDistribution>> Get(
      PgConnection& db, const storage::Experiment& experiment, absl::Time now);

 private:
  struct Kept {
    absl::Time at;
    std::shared_ptr<const bandit::DelayDistribution> delays;
  };

  const Options options_;
  absl::Mutex mutex_;
  absl::flat_hash_map<ExperimentId, Kept> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::admin
