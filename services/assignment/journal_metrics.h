// What the journal tells of itself: mab_journal_*.
//
// Thread-safe.
#pragma once

#include "assignment/drainer.h"
#include "assignment/segment_journal.h"
#include "common/metrics.h"

namespace mab::assignment {

class JournalMetrics {
 public:
  // `metrics` outlives this.
  explicit JournalMetrics(Metrics& metrics);

  // Call it often, from a thread that waits for no database.
  void Observe(const SegmentJournal& journal, const Drainer& drainer);

 private:
  prometheus::Gauge& appended_;
  prometheus::Gauge& synced_;
  prometheus::Gauge& drained_;
  prometheus::Gauge& lag_events_;
  prometheus::Gauge& lag_seconds_;
  prometheus::Gauge& bytes_;
  prometheus::Gauge& accepts_;
};

}  // namespace mab::assignment
