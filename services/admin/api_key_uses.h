// Keeps when each API key was last used, to the minute: a call notes it and goes on, and a thread
// writes it at once, a key at most once a minute. What can't be written is tried again.
//
// Thread-safe. Start and Stop once each; the thread is owned.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/api_key.h"
#include "common/clock.h"
#include "common/pause.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::admin {

class ApiKeyUses {
 public:
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // Nothing is owned; all outlive this.
  ApiKeyUses(PgPool* pool, const Clock* clock) : pool_(pool), clock_(clock) {}
  ~ApiKeyUses() { Stop(); }

  void Start();
  void Stop();
  // Waits for nothing but a short lock.
  void Note(ApiKeyId id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes what is noted, on this thread.
  absl::Status RunOnce() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Loop();

  PgPool* const pool_;
  const Clock* const clock_;
  absl::Mutex mutex_;
  // Of the last minute; keys that exist, so there are few.
  absl::btree_map<ApiKeyId, absl::Time> noted_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<ApiKeyId, absl::Time> unwritten_ ABSL_GUARDED_BY(mutex_);
  Pause pause_;
  std::thread thread_;
};

}  // namespace mab::admin
