// What the hot path counts. Handles are resolved once, at construction.
//
// Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "assignment/answer.h"
#include "common/metrics.h"

namespace mab::assignment {

class AssignmentMetrics {
 public:
  enum class Method {
    kAssign,
    kExpose,
    kConvert,
    kBatchAssign,
    kBatchExpose,
    kAssignAll,
    kStreamCalls
  };

  // `metrics` outlives this.
  explicit AssignmentMetrics(Metrics& metrics);

  void Count(const Assignment& assignment);
  void Count(const Exposure& exposure);
  void Count(const Conversion& conversion);
  // What was counted so far, of all kinds.
  uint64_t assigns() const;
  uint64_t conversions() const;
  void CountError(const absl::Status& status);
  // How long a call (of the stream: a message) took, from its arrival to its answer.
  void Observe(Method method, absl::Duration took);

 private:
  prometheus::Counter& assignments_new_;
  prometheus::Counter& assignments_returning_;
  prometheus::Counter& assignments_uncounted_;
  prometheus::Counter& no_room_;
  prometheus::Counter& exposures_;
  prometheus::Counter& conversions_credited_;
  prometheus::Counter& conversions_uncredited_;
  prometheus::Counter& conversions_duplicate_;
  // By reason; "INTERNAL" stands for all that has none.
  absl::flat_hash_map<std::string, prometheus::Counter*> errors_;
  prometheus::Counter* errors_internal_;
  // By Method.
  std::vector<prometheus::Histogram*> rpc_seconds_;
};

}  // namespace mab::assignment
