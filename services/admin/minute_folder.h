// Folds the old minutes of the rollups into hours, every ten minutes, until nothing is left to
// fold. Several admins may run: a lock lets one of them fold at a time. A run that fails is logged
// and left to the next one: nothing but disk space waits for it.
//
// Thread-safe. Start and Stop once each; the thread is owned.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/periodic_task.h"
#include "common/postgres.h"
#include "storage/minute_fold.h"

namespace mab::admin {

class MinuteFolder {
 public:
  struct Options {
    // Between two runs, and before the first: while a system starts there is more urgent work.
    absl::Duration interval = absl::Minutes(10);
    // Between two batches of one run: the drainers' turn.
    absl::Duration pause = absl::Milliseconds(20);
    // How much older than storage::kMinutesKept minutes are when they are folded: by more than the
    // clocks of two machines differ, so that nobody reads by minutes what is an hour already.
    absl::Duration margin = absl::Hours(1);
    storage::MinuteFold::Options batch = {};
  };

  // Nothing is owned; all outlive this.
  MinuteFolder(const Options& options, PgPool* pool, const Clock* clock, Metrics& metrics);

  void Start() { task_.Start(); }
  // Waits for the batch that is under way.
  void Stop() { task_.Stop(); }
  // One run, on this thread: the rows that it folded, or the error of the database.
  absl::StatusOr<uint64_t> RunOnce();

 private:
  const Options options_;
  PgPool* const pool_;
  const Clock* const clock_;
  prometheus::Counter& rows_;
  prometheus::Counter& failures_;
  prometheus::Gauge& last_run_;
  PeriodicTask task_;
};

}  // namespace mab::admin
