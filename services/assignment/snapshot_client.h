// Keeps the current snapshot current: a stream from admin (WatchSnapshots) that is opened again
// whenever it breaks or falls silent, with a jittered backoff. What it has learned is saved, and
// loaded at the start, so that the service starts and serves while admin is away; its versions are
// frozen then, and the age (mab_snapshot_age_seconds) tells. Experiments that came or were edited
// are saved before the first call sees them, so that who was answered once is answered again after
// a crash; new versions alone are saved every two seconds and at the end.
//
// A snapshot of another database than the one whose assignments are held is refused, with an error
// in the log: the ids in it are somebody else's.
//
// The other way round it tells admin when API keys were last used, a key at most once a minute.
//
// Thread safety: Start and Stop from one thread, age from any.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assignment/snapshot_holder.h"
#include "assignment/snapshot_merge.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/periodic_task.h"
#include "common/pause.h"
#include "common/tls_files.h"
#include "common/uuid.h"
#include "mab/v1/snapshot_service.grpc.pb.h"

namespace mab::assignment {

class SnapshotClient {
 public:
  struct Options {
    std::string address;  // of admin
    TlsFiles tls = {};
    std::string internal_secret;  // shown to admin
    std::string file_path;        // where the last snapshot is kept
    // Not owned; outlive this.
    SnapshotHolder* holder = nullptr;
    const Clock* clock = nullptr;
    Metrics* metrics = nullptr;
    // Whose assignments are held; nil while that is not known.
    std::function<Uuid()> database_id;
    absl::Duration backoff_min = absl::Milliseconds(100);
    absl::Duration backoff_max = absl::Seconds(5);
    // Admin says something every five seconds.
    absl::Duration silence_max = absl::Seconds(15);
    absl::Duration save_interval = absl::Seconds(2);
  };
  explicit SnapshotClient(Options options);
  ~SnapshotClient();

  // Takes the snapshot on disk into use, where there is one that is fit.
  void LoadFile();
  void Start();
  // Ends the stream and saves what was learned.
  void Stop();

  // Since admin was last heard; since construction where it never was.
  absl::Duration age() const;

 private:
  void WatchLoop();
  // One stream, until it ends. True when it brought something.
  bool Watch();
  // False: the message belongs to no snapshot of ours, and the stream is of no use.
  bool Take(v1::WatchSnapshotsResponse message, std::vector<SnapshotUpdate>& parts);
  bool IsOurs(const std::string& database_id) const;
  void Apply(const std::vector<SnapshotUpdate>& parts);
  // What is done every save_interval.
  void SaveIfChanged();
  void Save(std::shared_ptr<const Snapshot> snapshot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(file_mutex_);
  void EndSilentStream();
  // Tells admin which API keys were used since the last time.
  void ReportKeyUses();
  bool Stopping() const;

  const Options options_;
  const std::unique_ptr<v1::SnapshotService::Stub> stub_;
  prometheus::Gauge& age_seconds_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the stream that is open.
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Time opened_at_ ABSL_GUARDED_BY(mutex_);
  absl::Time heard_at_ ABSL_GUARDED_BY(mutex_);

  // Of who writes the file, and of who replaces what is written.
  absl::Mutex file_mutex_;
  std::shared_ptr<const Snapshot> saved_ ABSL_GUARDED_BY(file_mutex_);

  Pause pause_;
  PeriodicTask saver_;
  PeriodicTask watchdog_;
  PeriodicTask key_uses_;
  std::thread watcher_;
};

}  // namespace mab::assignment
