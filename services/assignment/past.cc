#include "assignment/past.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "assignment/durable_file.h"
#include "assignment/identity.h"
#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_history.h"
#include "common/error.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "storage/event_store.h"
#include "storage/role_check.h"

namespace mab::assignment {
namespace {

[[noreturn]] void DieOfJournal(const absl::Status& status) {
  MAB_LOG(kError, "the journal's disk failed; this process ends and recovers at its next start",
          {{"error", status}});
  std::fflush(nullptr);
  _exit(1);
}

// The identity on record in the data directory, which must be of this key.
absl::StatusOr<std::optional<Identity>> CheckedIdentity(const Options& options,
                                                        const storage::UserKey& user_key) {
  MAB_ASSIGN_OR_RETURN(std::optional<Identity> identity, LoadIdentity(options.identity_path()));
  if (identity.has_value()) {
    MAB_RETURN_IF_ERROR(storage::CheckKeyFingerprint(identity->key_fingerprint,
                                                     user_key.fingerprint(), "the data directory"));
  }
  return identity;
}

// nullopt where there is none, or none that can be read: PostgreSQL has what it had.
absl::StatusOr<std::optional<LoadedCheckpoint>> LoadCheckpoint(const Options& options,
                                                               StickyMap& sticky_map) {
  absl::StatusOr<std::optional<LoadedCheckpoint>> loaded =
      LoadStickyCheckpoint(options.checkpoint_path(), sticky_map);
  if (!absl::IsDataLoss(loaded.status())) return loaded;
  MAB_LOG(kError, "the checkpoint is damaged; the database has what it had",
          {{"error", loaded.status()}});
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<SegmentJournal>> OpenJournal(
    const Options& options, const std::optional<Identity>& identity,
    const std::optional<LoadedCheckpoint>& checkpoint, const Clock* clock, StickyMap& sticky_map) {
  SegmentJournal::Options journal;
  journal.directory = options.journal_directory();
  if (identity.has_value()) journal.database_id = identity->database_id;
  journal.segment_bytes_max = options.segment_bytes_max;
  journal.journal_bytes_max = options.journal_bytes_max;
  journal.buffer_bytes_max = options.buffer_bytes_max();
  journal.disk_free_bytes_min = options.disk_free_bytes_min;
  journal.known.through = std::nullopt;
  if (checkpoint.has_value()) {
    journal.known = {checkpoint->cover.journal_id, checkpoint->cover.sequence};
  }
  journal.on_fatal = DieOfJournal;
  journal.clock = clock;
  return SegmentJournal::Open(std::move(journal), [&](const storage::SequencedEvent& event) {
    ApplyEvent(event.event, sticky_map);
    return absl::OkStatus();
  });
}

}  // namespace

Past::Past(const Options& options, const storage::UserKey& user_key)
    : sticky_map(options.sticky_bytes_max),
      pool({.url = options.database_url, .size_max = 1}),
      bootstrap({.settings = &settings,
                 .assignments = &assignments,
                 .sticky_map = &sticky_map,
                 .key_fingerprint = user_key.fingerprint(),
                 .identity_path = options.identity_path(),
                 .on_database = [this](const Uuid& id) { return journal->SetDatabaseId(id); },
                 .on_checked =
                     [this, check_role = options.production] {
                       if (check_role) {
                         storage::WarnOfExcessPrivileges(pool, storage::DatabaseUser::kAssignment);
                       }
                       drainer->Start();
                     },
                 .journal_is_drained = [this] { return HasJournal(); },
                 .on_refused = [this](const absl::Status& status) { Refuse(status); }}) {}

absl::Status Past::Load(const Options& options, const storage::UserKey& user_key,
                        const Clock* clock, Metrics* metrics) {
  MAB_ASSIGN_OR_RETURN(const std::optional<Identity> identity, CheckedIdentity(options, user_key));
  MAB_ASSIGN_OR_RETURN(const std::optional<LoadedCheckpoint> checkpoint,
                       LoadCheckpoint(options, sticky_map));
  MAB_ASSIGN_OR_RETURN(journal, OpenJournal(options, identity, checkpoint, clock, sticky_map));
  known_at_start = journal->written();
  DurableFileWriter::RemoveUnfinished(options.checkpoint_path());
  if (identity.has_value() && checkpoint.has_value()) sticky_map.MarkComplete();
  drainer = std::make_unique<Drainer>(
      Drainer::Options{.database_url = options.database_url,
                       .interval = options.drain_interval,
                       .drained_at_least = checkpoint.has_value() ? checkpoint->cover.drained : 0,
                       .on_refused = [this](const absl::Status& status) { Refuse(status); },
                       .journal = journal.get(),
                       .clock = clock,
                       .metrics = metrics});
  const auto drained = [this] { return drainer->drained(); };
  checkpointer = std::make_unique<Checkpointer>(
      Checkpointer::Options{.path = options.checkpoint_path(),
                            .bytes_min = options.checkpoint_bytes,
                            .erasure_delay = SegmentAgeMax(options.journal_retain),
                            .pressing_bytes = options.journal_bytes_max / 2,
                            .loaded = checkpoint,
                            .drained = drained,
                            .sticky_map = &sticky_map,
                            .journal = journal.get(),
                            .clock = clock,
                            .metrics = metrics});
  retention = std::make_unique<JournalRetention>(
      JournalRetention::Options{.retain = options.journal_retain,
                                .segment_age_max = SegmentAgeMax(options.journal_retain),
                                .journal_bytes_max = options.journal_bytes_max,
                                .drained = drained,
                                .covered = [this] { return checkpointer->covered(); },
                                .journal = journal.get(),
                                .clock = clock,
                                .metrics = metrics});
  return absl::OkStatus();
}

absl::StatusOr<bool> Past::HasJournal() {
  storage::JournalPosition at;
  MAB_RETURN_IF_ERROR(pool.Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(at, storage::EventStore::ReadPosition(db, journal->id()));
    return absl::OkStatus();
  }));
  return at.position >= known_at_start;
}

absl::StatusOr<uint64_t> Past::ClearedThrough() const {
  MAB_ASSIGN_OR_RETURN(const uint64_t removed, RemovedThrough(journal->directory()));
  return std::min(removed, checkpointer->covered());
}

void Past::Keep() {
  checkpointer->WriteIfDue();
  retention->RunOnce();
}

void Past::SaveCheckpoint() {
  if (!sticky_map.complete()) return;
  if (absl::Status status = checkpointer->Write(); !status.ok()) {
    MAB_LOG(kError, "the sticky map's checkpoint was not written", {{"error", status}});
  }
}

void Past::Refuse(const absl::Status& status) {
  refusal = status;
  kill(getpid(), SIGTERM);
}

}  // namespace mab::assignment
