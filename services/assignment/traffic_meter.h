// How much is asked of this service: rates over the last seconds, from counters that only grow. The
// hot path counts as it does for its metrics; this looks at the counters once a second.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace mab::assignment {

// Since the process began.
struct TrafficCounts {
  // Answered.
  uint64_t assigns = 0;
  uint64_t conversions = 0;
  // Recorded: a visitor's first of an experiment.
  uint64_t exposures = 0;
};

// A second, on average over `window`, which is zero before the second sample: then all are 0.
struct TrafficRates {
  double assigns = 0;
  double conversions = 0;
  double exposures = 0;
  absl::Duration window;
};

class TrafficMeter {
 public:
  // The window is of so many samples' distances.
  static constexpr size_t kSeconds = 10;

  // `clock` outlives this, and what `counts` reads.
  TrafficMeter(std::function<TrafficCounts()> counts, const Clock* clock)
      : counts_(std::move(counts)), clock_(clock) {}

  // Once a second, from one thread.
  void Sample();
  TrafficRates rates() const;

 private:
  struct Sampled {
    absl::Time at;
    TrafficCounts counts;
  };

  const std::function<TrafficCounts()> counts_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  // Oldest first; kSeconds + 1 at most.
  std::deque<Sampled> samples_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
