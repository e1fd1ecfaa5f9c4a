// Deletes what has had its time: the raw rows of experiments that have been archived for
// MAB_RETENTION_DAYS (storage/row_retention.h), what was set aside of them, and, whatever is
// configured, refresh tokens and links that have expired. Every hour, in batches, until nothing is
// left to delete. Several admins may run: a lock lets one of them delete rows at a time. A run that
// fails is logged and left to the next one.
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

namespace mab::admin {

inline constexpr int kRetentionDaysMax = 3650;

class RetentionJob {
 public:
  struct Options {
    // 0: rows are kept for ever. At most kRetentionDaysMax.
    int retention_days = 0;
    // Between two runs.
    absl::Duration interval = absl::Hours(1);
    // Before the first: while a system starts there is more urgent work.
    absl::Duration first_after = absl::Seconds(10);
    // Between two batches of one run: the drainers' turn.
    absl::Duration pause = absl::Milliseconds(50);
    // Of each table in a transaction.
    int rows_max = 10'000;
  };

  // Nothing is owned; all outlive this.
  RetentionJob(const Options& options, PgPool* pool, const Clock* clock, Metrics& metrics);

  void Start() { task_.Start(); }
  // Waits for the batch that is under way.
  void Stop() { task_.Stop(); }
  // One run, on this thread: the rows of visitors that it deleted, or the error of the database.
  absl::StatusOr<uint64_t> RunOnce();

 private:
  absl::StatusOr<uint64_t> RetireRows();
  absl::Status ClearSetAside();
  absl::Status DeleteExpired();

  const Options options_;
  PgPool* const pool_;
  const Clock* const clock_;
  prometheus::Counter& rows_;
  prometheus::Counter& experiments_;
  prometheus::Counter& credentials_;
  prometheus::Counter& failures_;
  prometheus::Gauge& last_run_;
  PeriodicTask task_;
};

}  // namespace mab::admin
