// Counts what leaves no record of its own: conversions that were on record already, and exposures
// that were not made because a machine asked. The counts are appended to the journal now and then,
// and a count that is lost in a crash is a count only.
//
// Metric: mab_uncounted_events_total{kind}.
//
// Thread-safe. Journal, clock and metrics are not owned.
#pragma once

#include <prometheus/counter.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "assignment/caller.h"
#include "assignment/journal.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/uuid.h"
#include "storage/event.h"

namespace mab::assignment {

class EventCounter {
 public:
  EventCounter(Journal* journal, const Clock* clock, Metrics& metrics);

  void AddDuplicate(ExperimentId experiment);
  // An exposure that was not made by reason of this sign. REQUIRES: bot != kNone.
  void AddBot(ExperimentId experiment, BotSign bot);
  // Appends what was counted since the last time. What the journal refuses is kept for the next
  // time.
  void Flush();

 private:
  using Kind = storage::CountEvent::Kind;

  void Add(ExperimentId experiment, Kind kind);

  Journal* const journal_;
  const Clock* const clock_;
  // By kind.
  std::vector<prometheus::Counter*> counters_;
  absl::Mutex mutex_;
  // Bounded: an experiment that exists has one number a kind.
  absl::flat_hash_map<std::pair<ExperimentId, Kind>, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
