// From a process that listens to a service that serves: waits for the database, checks its schema
// and the key of its visitors' hashes, sees to the first administrator, and loads the first
// snapshot.
//
// A database that is away is no reason to die: startup tries until it is there, and until then
// health says NOT_SERVING. What is wrong otherwise (a schema that lacks a migration) is logged each
// time, and set right meanwhile it is found so at the next try.
//
// Thread safety: Start and Stop once each, from one thread; the thread is owned.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "admin/first_account.h"
#include "admin/version_refresher.h"
#include "common/postgres.h"

namespace mab::admin {

class Startup {
 public:
  struct Options {
    // UserKey::fingerprint.
    std::string key_fingerprint;
    // The first administrator; both empty: none from the configuration.
    std::string admin_email;
    std::string admin_password;
    // To say in the log that the service's role in the database may do more than it needs.
    bool check_role = false;
    absl::Duration retry_min = absl::Milliseconds(250);
    absl::Duration retry_max = absl::Seconds(5);
    // On startup's thread, once, when all is ready.
    std::function<void()> on_ready = [] {};
  };
  // Nothing is owned; all outlive this.
  Startup(Options options, PgPool* pool, FirstAccount* first_account, VersionRefresher* refresher);
  ~Startup();

  void Start();
  void Stop();
  // One try, on this thread: the error of what is not ready. The refresher looks once, and is not
  // started.
  absl::Status RunOnce();

 private:
  void Loop();
  // False: stopping.
  bool Pause(absl::Duration duration);

  const Options options_;
  PgPool* const pool_;
  FirstAccount* const first_account_;
  VersionRefresher* const refresher_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace mab::admin
