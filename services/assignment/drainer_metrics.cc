#include "assignment/drainer_metrics.h"

namespace mab::assignment {
namespace {

// Seconds: 1 ms to 10 s.
const std::vector<double> kBatchBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                           0.25,  0.5,    1,     2.5,  5,     10};

}  // namespace

DrainerMetrics::DrainerMetrics(Metrics& metrics)
    : appended_(metrics.Gauge("mab_journal_appended_sequence",
                              "Sequence number of the last record that was appended.")),
      synced_(metrics.Gauge("mab_journal_synced_sequence",
                            "Sequence number of the last record that is on the disk.")),
      drained_(metrics.Gauge("mab_journal_drained_sequence",
                             "Sequence number of the last record that is in PostgreSQL.")),
      lag_events_(metrics.Gauge("mab_journal_lag_events",
                                "How far PostgreSQL is behind the journal, in sequence numbers.")),
      bytes_(metrics.Gauge("mab_journal_bytes", "Bytes of all segments.")),
      set_aside_(metrics.Counter("mab_journal_set_aside_total",
                                 "Records that PostgreSQL refused for their own sake.")),
      batches_(metrics.Counter("mab_drain_batches_total", "Batches, by their outcome.",
                               {{"outcome", "drained"}})),
      failures_(metrics.Counter("mab_drain_batches_total", "Batches, by their outcome.",
                                {{"outcome", "failed"}})),
      seconds_(metrics.Histogram("mab_drain_batch_seconds",
                                 "How long a batch took to be read and committed.",
                                 kBatchBuckets)) {}

void DrainerMetrics::Observe(const SegmentJournal& journal, uint64_t drained, uint64_t lag_events) {
  appended_.Set(static_cast<double>(journal.last_appended()));
  synced_.Set(static_cast<double>(journal.synced()));
  drained_.Set(static_cast<double>(drained));
  lag_events_.Set(static_cast<double>(lag_events));
  bytes_.Set(static_cast<double>(journal.bytes_on_disk()));
}

void DrainerMetrics::BatchDone(absl::Duration took) {
  batches_.Increment();
  seconds_.Observe(absl::ToDoubleSeconds(took));
}

void DrainerMetrics::BatchFailed() { failures_.Increment(); }

void DrainerMetrics::SetAside() { set_aside_.Increment(); }

}  // namespace mab::assignment
