// What was: the checkpoint, the journal over it, or the database; and what keeps it for next time.
//
// Load before anything else. What it holds is served by others; Refuse may end the process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assignment/bootstrap.h"
#include "assignment/checkpointer.h"
#include "assignment/drainer.h"
#include "assignment/journal_retention.h"
#include "assignment/options.h"
#include "assignment/segment_journal.h"
#include "assignment/sticky_map.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "storage/assignment_store.h"
#include "storage/settings_store.h"
#include "storage/user_key.h"

namespace mab::assignment {

struct Past {
  Past(const Options& options, const storage::UserKey& user_key);

  // Neither clock nor metrics are owned; both outlive this.
  absl::Status Load(const Options& options, const storage::UserKey& user_key, const Clock* clock,
                    Metrics* metrics);
  // Whether the tables have what the journal had at the start; asked where they are read.
  absl::StatusOr<bool> HasJournal();
  // The last record that no segment and no checkpoint has any more.
  absl::StatusOr<uint64_t> ClearedThrough() const;
  // From one thread, now and then.
  void Keep();
  // At the end: the next start replays nothing.
  void SaveCheckpoint();
  // From the bootstrap's thread, or from the drainer's, which starts once nothing was refused.
  void Refuse(const absl::Status& status);

  StickyMap sticky_map;
  // For the checks at the start, and the filling of the map; the drainer has its own connection.
  PgPool pool;
  storage::SettingsStore settings{&pool};
  storage::AssignmentStore assignments{&pool};
  std::unique_ptr<SegmentJournal> journal;
  std::unique_ptr<Drainer> drainer;
  std::unique_ptr<Checkpointer> checkpointer;
  std::unique_ptr<JournalRetention> retention;
  // The journal's last record when this process began.
  uint64_t known_at_start = 0;
  // Why this process must not go on; read after the bootstrap and the drainer have stopped.
  absl::Status refusal;
  Bootstrap bootstrap;
};

}  // namespace mab::assignment
