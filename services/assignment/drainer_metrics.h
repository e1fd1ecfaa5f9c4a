// What the drainer tells of the journal and of itself.
//
// Thread-safe.
#pragma once

#include "absl/time/time.h"
#include "assignment/segment_journal.h"
#include "common/metrics.h"

namespace mab::assignment {

class DrainerMetrics {
 public:
  // `metrics` outlives this.
  explicit DrainerMetrics(Metrics& metrics);

  void Observe(const SegmentJournal& journal, uint64_t drained, uint64_t lag_events);
  void BatchDone(absl::Duration took);
  void BatchFailed();
  void SetAside();

 private:
  prometheus::Gauge& appended_;
  prometheus::Gauge& synced_;
  prometheus::Gauge& drained_;
  prometheus::Gauge& lag_events_;
  prometheus::Gauge& bytes_;
  prometheus::Counter& set_aside_;
  prometheus::Counter& batches_;
  prometheus::Counter& failures_;
  prometheus::Histogram& seconds_;
};

}  // namespace mab::assignment
