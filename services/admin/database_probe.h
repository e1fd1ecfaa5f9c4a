// Asks the database every second whether it is there, so that whoever wants to know is told at
// once: a server that hangs makes a question wait, and nobody who asks how the service is.
//
// It has a connection of its own: the pool that serves requests may be exhausted by the same cause.
//
// Thread safety: Start and Stop from one thread, result from any.
#pragma once

#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/pause.h"
#include "common/postgres.h"

namespace mab::admin {

class DatabaseProbe {
 public:
  struct Options {
    std::string url;
    absl::Duration interval = absl::Seconds(1);
    // A question that is unanswered for longer means that the database is not there.
    absl::Duration answer_within = absl::Seconds(1);
    // Not owned; outlives this.
    const Clock* clock = nullptr;
  };
  struct Result {
    // OK, or why the database is not there.
    absl::Status status;
    // Of the last question: how long it took, or has taken so far.
    absl::Duration latency;
  };

  explicit DatabaseProbe(Options options);
  ~DatabaseProbe();

  void Start();
  // Gives up what is being asked.
  void Stop();

  Result result() const;

 private:
  void Loop();
  void Ask();

  const Options options_;
  PgPool pool_;
  mutable absl::Mutex mutex_;
  Result last_ ABSL_GUARDED_BY(mutex_);
  // Of the question without an answer; infinite where there is none.
  absl::Time asked_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Pause pause_;
  std::thread thread_;
};

}  // namespace mab::admin
