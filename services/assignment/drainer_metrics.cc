#include "assignment/drainer_metrics.h"

namespace mab::assignment {
namespace {

// Seconds: 1 ms to 10 s.
const std::vector<double> kBatchBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                           0.25,  0.5,    1,     2.5,  5,     10};

}  // namespace

DrainerMetrics::DrainerMetrics(Metrics& metrics)
    : set_aside_(metrics.Counter("mab_journal_set_aside_total",
                                 "Records that PostgreSQL refused for their own sake.")),
      missing_(metrics.Counter("mab_journal_missing_total",
                               "Records that were removed before a database that was set back to "
                               "an earlier point had them.")),
      batches_(metrics.Counter("mab_drain_batches_total", "Batches, by their outcome.",
                               {{"outcome", "drained"}})),
      failures_(metrics.Counter("mab_drain_batches_total", "Batches, by their outcome.",
                                {{"outcome", "failed"}})),
      seconds_(metrics.Histogram("mab_drain_batch_seconds",
                                 "How long a batch took to be read and committed.",
                                 kBatchBuckets)) {}

void DrainerMetrics::BatchDone(absl::Duration took) {
  batches_.Increment();
  seconds_.Observe(absl::ToDoubleSeconds(took));
}

void DrainerMetrics::BatchFailed() { failures_.Increment(); }

void DrainerMetrics::SetAside() { set_aside_.Increment(); }

void DrainerMetrics::Missing(uint64_t records) { missing_.Increment(static_cast<double>(records)); }

}  // namespace mab::assignment
