#include "assignment/journal_metrics.h"

namespace mab::assignment {

JournalMetrics::JournalMetrics(Metrics& metrics)
    : appended_(metrics.Gauge("mab_journal_appended_sequence",
                              "Sequence number of the last record that was appended.")),
      synced_(metrics.Gauge("mab_journal_synced_sequence",
                            "Sequence number of the last record that is on the disk.")),
      drained_(metrics.Gauge("mab_journal_drained_sequence",
                             "Sequence number of the last record that is in PostgreSQL; 0 while "
                             "that is not known.")),
      lag_events_(metrics.Gauge("mab_journal_lag_events",
                                "How far PostgreSQL is behind the journal, in sequence numbers.")),
      lag_seconds_(metrics.Gauge("mab_journal_lag_seconds",
                                 "How far PostgreSQL is behind the journal, in time.")),
      bytes_(metrics.Gauge("mab_journal_bytes", "Bytes of all segments.")),
      accepts_(metrics.Gauge("mab_journal_accepts",
                             "1 while events can be recorded, 0 while they are refused.")) {}

void JournalMetrics::Observe(const SegmentJournal& journal, const Drainer& drainer) {
  appended_.Set(static_cast<double>(journal.last_appended()));
  synced_.Set(static_cast<double>(journal.synced()));
  drained_.Set(static_cast<double>(drainer.drained()));
  lag_events_.Set(static_cast<double>(drainer.lag_events()));
  lag_seconds_.Set(absl::ToDoubleSeconds(drainer.lag()));
  bytes_.Set(static_cast<double>(journal.bytes_on_disk()));
  accepts_.Set(journal.accepts() ? 1 : 0);
}

}  // namespace mab::assignment
