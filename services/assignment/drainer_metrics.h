// What the drainer tells of itself.
//
// Thread-safe.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "common/metrics.h"

namespace mab::assignment {

class DrainerMetrics {
 public:
  // `metrics` outlives this.
  explicit DrainerMetrics(Metrics& metrics);

  void BatchDone(absl::Duration took);
  void BatchFailed();
  void SetAside();
  // Records that the journal no longer has, and the database neither.
  void Missing(uint64_t records);

 private:
  prometheus::Counter& set_aside_;
  prometheus::Counter& missing_;
  prometheus::Counter& batches_;
  prometheus::Counter& failures_;
  prometheus::Histogram& seconds_;
};

}  // namespace mab::assignment
