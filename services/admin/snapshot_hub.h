// What the assignment services have to know, as of the last refresh, and who still has to be told
// what.
//
// The refresher publishes changes; each watcher holds a cursor and collects what changed since.
// There is no queue: a watcher that is slow finds the latest state of whatever changed meanwhile,
// once, and one that is too far behind gets everything again. So memory does not depend on
// watchers.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bandit/draw_version.h"
#include "common/uuid.h"
#include "storage/api_key.h"
#include "storage/experiment.h"

namespace mab::admin {

struct PublishedExperiment {
  std::shared_ptr<const storage::Experiment> experiment;
  // Null until the first version exists.
  std::shared_ptr<const bandit::DrawVersion> version;
};

struct SnapshotChange {
  std::vector<PublishedExperiment> changed;
  std::vector<ExperimentId> removed;
};

// All API keys that may assign.
struct PublishedKeys {
  std::vector<storage::CallerKey> keys;
  // When they were read, by PostgreSQL's clock.
  absl::Time as_of;
};

// What a watcher is told at once. Without changes: a sign of life.
struct SnapshotUpdate {
  // True: `change.changed` has all experiments, and whatever was known before is void.
  bool full = false;
  // When the database was last read.
  absl::Time as_of;
  std::string database_id;
  SnapshotChange change;
  // Null: the watcher has them.
  std::shared_ptr<const PublishedKeys> caller_keys = nullptr;
};

class SnapshotHub {
 public:
  // How many removed experiments are remembered for watchers that have not heard of them.
  static constexpr size_t kRemovedMax = 10'000;

  // What a watcher has seen. A new one has seen nothing.
  class Cursor {
    friend class SnapshotHub;
    uint64_t seen_ = 0;
    uint64_t keys_seen_ = 0;
    bool started_ = false;
  };

  enum class Wait { kChanged, kTimeout, kClosed };

  // The database was read at `as_of`, and this is what differs from the last time.
  void Publish(absl::Time as_of, const std::string& database_id, SnapshotChange change);
  // The same of the keys, which are told whether or not there are experiments to tell of.
  void PublishKeys(const std::string& database_id, PublishedKeys keys);
  // Ends all waiting, for good.
  void Close();

  // Until there is something to collect, at most for `timeout`. Before the first Publish there is
  // nothing.
  Wait WaitForChange(const Cursor& cursor, absl::Duration timeout) const;
  // Everything since the cursor, which moves on. REQUIRES: something was published, so a
  // WaitForChange of this cursor answered kChanged once.
  SnapshotUpdate Collect(Cursor& cursor) const;

  // Experiments that exist.
  size_t size() const;

 private:
  struct Entry {
    PublishedExperiment published;  // no experiment: it was removed
    uint64_t generation = 0;
  };

  void Put(ExperimentId id, PublishedExperiment published) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetRemoved() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MustStartAfresh(const Cursor& cursor) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasNews(const Cursor& cursor) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time as_of_ ABSL_GUARDED_BY(mutex_);
  std::string database_id_ ABSL_GUARDED_BY(mutex_);
  // One for each change of one experiment.
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  // One for each time that the keys were published; they are null before the first.
  uint64_t keys_generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const PublishedKeys> caller_keys_ ABSL_GUARDED_BY(mutex_);
  // Watchers that have seen less must start afresh.
  uint64_t oldest_delta_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t removed_count_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<ExperimentId, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // By the generation of each experiment's last change.
  absl::btree_map<uint64_t, ExperimentId> order_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::admin
