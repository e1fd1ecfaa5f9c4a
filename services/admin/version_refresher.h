// Keeps the versions of running experiments up to their counts, and the snapshot hub up to the
// database.
//
// Looks every second, and at once when nudged: so from the row of a conversion to the version that
// it changes takes a second at most. Several admins may run: a lock lets one of them write versions
// at a time, and all of them hand on what is there. A refresh that fails leaves the last snapshot
// in place, is logged, and is tried again with backoff.
//
// Thread-safe. Start and Stop once each; the thread is owned.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "admin/delay_estimates.h"
#include "admin/refresh_pass.h"
#include "admin/snapshot_hub.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/pause.h"
#include "common/postgres.h"
#include "storage/api_key.h"

namespace mab::admin {

class VersionRefresher {
 public:
  struct Options {
    // Between two looks; up to a tenth less, so that several admins don't march in step.
    absl::Duration interval = absl::Seconds(1);
    // After failures: the interval, doubled each time up to this.
    absl::Duration backoff_max = absl::Seconds(10);
  };

  // Nothing is owned; all outlive this.
  VersionRefresher(const Options& options, PgPool* pool, SnapshotHub* hub, DelayEstimates* delays,
                   const Clock* clock, Metrics& metrics);
  ~VersionRefresher();

  void Start();
  void Stop();
  // Looks again at once: an experiment was changed, and the change is committed.
  void Nudge();
  // One look, on this thread. The error of the database where it fails.
  absl::Status RunOnce();

  // InfinitePast before the first.
  absl::Time last_success() const;

 private:
  void Loop();
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(run_mutex_);
  // Of its own: whatever hinders the rest, a revoked key is told.
  absl::Status RefreshKeys(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(run_mutex_);

  const Options options_;
  PgPool* const pool_;
  SnapshotHub* const hub_;
  DelayEstimates* const delays_;
  const Clock* const clock_;
  prometheus::Histogram& refresh_seconds_;
  prometheus::Counter& refresh_failures_;
  prometheus::Counter& versions_published_;
  prometheus::Gauge& snapshot_experiments_;

  // Held for a whole look.
  absl::Mutex run_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  KnownExperiments known_ ABSL_GUARDED_BY(run_mutex_);
  // As the hub has them; nullopt before the first time.
  std::optional<PublishedKeys> known_keys_ ABSL_GUARDED_BY(run_mutex_);
  std::string database_id_ ABSL_GUARDED_BY(run_mutex_);

  Pause pause_;
  mutable absl::Mutex mutex_;
  absl::Time last_success_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();

  absl::BitGen jitter_;  // of the thread
  std::thread thread_;
};

}  // namespace mab::admin
