// What the assignment service needs of PostgreSQL at its start, and nothing after: to make sure
// that key and data directory belong to this database, and, where the data directory has no
// checkpoint, to fill the sticky map from the tables: once these have all that the journal had, so
// that what a visitor was told last, his erasure too, is what the map is filled with.
//
// It tries until it succeeds. Meanwhile the service is up: known users are answered, and unknown
// ones wait for the map to be complete (503).
//
// Thread safety: Start and Stop from one thread.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "assignment/identity.h"
#include "assignment/sticky_map.h"
#include "common/pause.h"
#include "common/uuid.h"
#include "storage/assignment_store.h"
#include "storage/settings_store.h"

namespace mab::assignment {

class Bootstrap {
 public:
  struct Options {
    // Not owned; outlive this.
    storage::SettingsStore* settings = nullptr;
    storage::AssignmentStore* assignments = nullptr;
    StickyMap* sticky_map = nullptr;
    std::string key_fingerprint;
    std::string identity_path;
    // Told whose database it is, once. An error of it is final.
    std::function<absl::Status(const Uuid&)> on_database;
    // Key and database are the right ones: the journal may be drained. Called once.
    std::function<void()> on_checked;
    // Whether the tables have what the journal had at the start, as the server says that they are
    // read from. Asked again and again where the map is to be filled, and once more when it is.
    std::function<absl::StatusOr<bool>()> journal_is_drained;
    // The database is another one's, or the key is another one: this process must not go on.
    std::function<void(const absl::Status&)> on_refused;
    absl::Duration retry_interval = absl::Seconds(2);
  };
  explicit Bootstrap(Options options);
  ~Bootstrap();

  void Start();
  void Stop();
  // One attempt. UNAVAILABLE: try again. FAILED_PRECONDITION: refused.
  absl::Status RunOnce();

 private:
  void Loop();
  absl::Status CheckIdentity();
  absl::Status FillMap();
  absl::Status AwaitJournal();

  const Options options_;
  bool checked_ = false;
  Pause pause_;
  std::thread thread_;
};

}  // namespace mab::assignment
