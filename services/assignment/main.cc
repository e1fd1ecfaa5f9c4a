// mab-assignment: wiring, and nothing else.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "assignment/assignment_calls_codec.h"
#include "assignment/assignment_service.h"
#include "assignment/bootstrap.h"
#include "assignment/checkpointer.h"
#include "assignment/drainer.h"
#include "assignment/durable_file.h"
#include "assignment/eraser.h"
#include "assignment/erasure_service.h"
#include "assignment/identity.h"
#include "assignment/journal_metrics.h"
#include "assignment/journal_retention.h"
#include "assignment/options.h"
#include "assignment/periodic_task.h"
#include "assignment/segment_dump.h"
#include "assignment/segment_journal.h"
#include "assignment/snapshot_client.h"
#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_history.h"
#include "assignment/system_service.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/error.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "common/rpc_server.h"
#include "common/shutdown_signal.h"
#include "common/status_macros.h"
#include "storage/role_check.h"

namespace mab::assignment {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(10);

constexpr char kHelp[] =
    R"(mab-assignment: assigns, exposes and converts the visitors of the MAB System.

  mab-assignment               serves until SIGTERM
  mab-assignment dump PATH...  prints segments, or a journal's directory, as lines of JSON; needs no configuration.
                               Exit status 1: one is damaged, 2: one can't be read
  mab-assignment --version
  mab-assignment --help

It is configured by environment variables:
  MAB_ASSIGNMENT_DATABASE_URL    postgresql://… of a role of its own, which `mab-admin migrate` grants what it needs
  DATABASE_URL                   postgresql://… (required where the former is not set; the database may be away)
  MAB_INTERNAL_SECRET            at least 32 bytes; shared with mab-admin (required)
  MAB_INTERNAL_TLS_CERT_FILE     and …_KEY_FILE, …_CA_FILE, …_REQUIRE_CLIENT: TLS between our own services (none)
  MAB_USER_HASH_KEY              32 hexadecimal digits; visitors' ids are hashed under it; never changes (required)
  ENV                            development | production (development)
  LOG_LEVEL                      debug | info | warning | error (info)
  MAB_ASSIGNMENT_LISTEN          gRPC address or unix:/path (127.0.0.1:8010)
  MAB_ASSIGNMENT_METRICS_LISTEN  address of /metrics (127.0.0.1:8020)
  MAB_ADMIN_ADDRESS              where snapshots come from (127.0.0.1:8011)
  MAB_DATA_DIR                   journal, last snapshot and identity (.mab)
  MAB_JOURNAL_SYNC               conversions | always: which answers wait for the disk (conversions)
  MAB_JOURNAL_MAX_BYTES          past it new events are refused, JOURNAL_FULL (8589934592)
  MAB_DISK_FREE_MIN_BYTES        the same when its disk has less free; 0: no limit (134217728)
  MAB_JOURNAL_RETAIN             how long segments are kept that PostgreSQL has (24h)
  MAB_JOURNAL_SEGMENT_BYTES      size of a segment (67108864)
  MAB_CHECKPOINT_BYTES           growth of the journal after which the sticky map is saved (16777216)
  MAB_DRAIN_INTERVAL             how long an event waits for others on its way to PostgreSQL (100ms)
)";

[[noreturn]] void DieOfJournal(const absl::Status& status) {
  MAB_LOG(kError, "the journal's disk failed; this process ends and recovers at its next start",
          {{"error", status}});
  std::fflush(nullptr);
  _exit(1);
}

absl::Status MakeDataDirectory(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.data_directory, error);
  if (error) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("can't make MAB_DATA_DIR ", options.data_directory, ": ", error.message()));
  }
  return absl::OkStatus();
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

// What was: the checkpoint, the journal over it, or the database; and what keeps it for next time.
struct Past {
  Past(const Options& options, const storage::UserKey& user_key)
      : pool({.url = options.database_url, .size_max = 1}),
        bootstrap({.settings = &settings,
                   .assignments = &assignments,
                   .sticky_map = &sticky_map,
                   .key_fingerprint = user_key.fingerprint(),
                   .identity_path = options.identity_path(),
                   .on_database = [this](const Uuid& id) { return journal->SetDatabaseId(id); },
                   .on_checked =
                       [this, check_role = options.production] {
                         if (check_role) {
                           storage::WarnOfExcessPrivileges(pool,
                                                           storage::DatabaseUser::kAssignment);
                         }
                         drainer->Start();
                       },
                   .journal_is_drained = [this] { return HasJournal(); },
                   .on_refused = [this](const absl::Status& status) { Refuse(status); }}) {}

  absl::Status Load(const Options& options, const storage::UserKey& user_key, const Clock* clock,
                    Metrics* metrics) {
    MAB_ASSIGN_OR_RETURN(const std::optional<Identity> identity,
                         CheckedIdentity(options, user_key));
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

  // Whether the tables have what the journal had at the start; asked where they are read.
  absl::StatusOr<bool> HasJournal() {
    storage::JournalPosition at;
    MAB_RETURN_IF_ERROR(pool.Transaction([&](PgConnection& db) -> absl::Status {
      MAB_ASSIGN_OR_RETURN(at, storage::EventStore::ReadPosition(db, journal->id()));
      return absl::OkStatus();
    }));
    return at.position >= known_at_start;
  }

  absl::StatusOr<uint64_t> ClearedThrough() const {
    MAB_ASSIGN_OR_RETURN(const uint64_t removed, RemovedThrough(journal->directory()));
    return std::min(removed, checkpointer->covered());
  }

  // From one thread, now and then.
  void Keep() {
    checkpointer->WriteIfDue();
    retention->RunOnce();
  }
  // At the end: the next start replays nothing.
  void SaveCheckpoint() {
    if (!sticky_map.complete()) return;
    if (absl::Status status = checkpointer->Write(); !status.ok()) {
      MAB_LOG(kError, "the sticky map's checkpoint was not written", {{"error", status}});
    }
  }

  // From the bootstrap's thread, or from the drainer's, which starts once nothing was refused.
  void Refuse(const absl::Status& status) {
    refusal = status;
    kill(getpid(), SIGTERM);
  }

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

// What is asked: everything between a call and the journal.
struct HotPath {
  HotPath(const Options& options, const storage::UserKey& user_key, const SnapshotHolder& snapshots,
          Past& past, const Clock* clock, Metrics& metrics_registry)
      : recorder(past.journal.get(), &past.sticky_map, clock, options.journal_sync),
        versions(past.journal.get()),
        counter(past.journal.get(), clock, metrics_registry),
        metrics(metrics_registry),
        calls({.snapshots = &snapshots,
               .user_key = &user_key,
               .assigner = &assigner,
               .exposer = &exposer,
               .converter = &converter,
               .metrics = &metrics}),
        authorizer(options.internal_secret, &snapshots, clock),
        service(&authorizer, &calls, past.journal.get(), &metrics),
        eraser(past.journal.get(), &past.sticky_map, clock),
        erasure_service({.user_key = &user_key,
                         .eraser = &eraser,
                         .authorizer = &authorizer,
                         .journal_id = past.journal->id(),
                         .time_max = ErasureTimeMax(options.journal_retain),
                         .cleared_through = [&past] { return past.ClearedThrough(); }}) {}

  EntryRecorder recorder;
  VersionRecorder versions;
  EventCounter counter;
  Assigner assigner{&recorder, &versions, &counter};
  Exposer exposer{&recorder, &counter};
  Converter converter{&recorder, &counter};
  AssignmentMetrics metrics;
  AssignmentCalls calls;
  CallAuthorizer authorizer;
  AssignmentService service;
  Eraser eraser;
  ErasureService erasure_service;
};

SystemService::JournalFacts FactsOf(const Past& past) {
  return {past.drainer->lag_events(), past.journal->bytes_on_disk(), past.journal->accepts(),
          past.drainer->broken()};
}

// Serves until a signal, then lets go in the order in which one needs the other.
void RunUntilSignal(Past& past, HotPath& hot_path, SnapshotHolder& snapshots,
                    SnapshotClient& snapshot_client, RpcServer& server, Metrics& metrics) {
  prometheus::Gauge& sticky_entries =
      metrics.Gauge("mab_sticky_entries", "Assignments that are held in memory.");
  JournalMetrics journal_metrics(metrics);
  journal_metrics.Observe(*past.journal, *past.drainer);
  PeriodicTask housekeeping(absl::Seconds(1), [&] {
    hot_path.counter.Flush();
    hot_path.service.EndStreamsWithoutKey();
    sticky_entries.Set(static_cast<double>(past.sticky_map.size()));
  });
  // Of its own: a disk that is slow to take a checkpoint must not keep us from looking at its room.
  PeriodicTask disk_watch(absl::Milliseconds(200), [&] {
    past.journal->CheckDisk();
    journal_metrics.Observe(*past.journal, *past.drainer);
  });
  PeriodicTask keeper(absl::Milliseconds(200), [&] { past.Keep(); });
  bool serving = false;
  PeriodicTask readiness(absl::Milliseconds(20), [&] {
    if (serving || snapshots.Get() == nullptr || !past.sticky_map.complete()) return;
    serving = true;
    server.SetServing(true);
    MAB_LOG(kInfo, "serving", {{"address", server.address()}, {"users", past.sticky_map.size()}});
  });
  past.bootstrap.Start();
  snapshot_client.Start();
  housekeeping.Start();
  disk_watch.Start();
  keeper.Start();
  readiness.Start();

  const int signal = WaitForShutdownSignal();
  MAB_LOG(kInfo, "shutting down", {{"signal", signal}});
  readiness.Stop();
  server.SetServing(false);
  past.pool.Interrupt();
  past.bootstrap.Stop();
  hot_path.service.EndStreams();
  server.Shutdown(kShutdownGrace);
  housekeeping.Stop();
  hot_path.counter.Flush();
  past.drainer->Stop();
  keeper.Stop();
  past.journal->Stop();
  disk_watch.Stop();
  past.SaveCheckpoint();
  snapshot_client.Stop();
}

absl::Status Serve() {
  MAB_ASSIGN_OR_RETURN(const Options options, ReadOptions(EnvironmentOfProcess()));
  ConfigureLog("assignment", options.log_level,
               options.production ? LogFormat::kJson : LogFormat::kText);
  const SystemClock clock;
  const storage::UserKey user_key(options.user_hash_key);
  Metrics metrics;
  MAB_RETURN_IF_ERROR(metrics.Serve(options.metrics_listen));
  MAB_RETURN_IF_ERROR(MakeDataDirectory(options));

  Past past(options, user_key);
  MAB_RETURN_IF_ERROR(past.Load(options, user_key, &clock, &metrics));
  SnapshotHolder snapshots;
  SnapshotClient snapshot_client({.address = options.admin_address,
                                  .tls = options.tls,
                                  .internal_secret = options.internal_secret,
                                  .file_path = options.snapshot_path(),
                                  .holder = &snapshots,
                                  .clock = &clock,
                                  .metrics = &metrics,
                                  .database_id = [&] { return past.journal->database_id(); }});
  snapshot_client.LoadFile();
  HotPath hot_path(options, user_key, snapshots, past, &clock, metrics);
  SystemService system_service({.clock = &clock,
                                .snapshots = &snapshots,
                                .sticky_map = &past.sticky_map,
                                .journal = [&] { return FactsOf(past); },
                                .snapshot_age = [&] { return snapshot_client.age(); },
                                .authorizer = &hot_path.authorizer});
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<RpcServer> server,
                       RpcServer::Create({.listen = options.listen,
                                          .reflection = !options.production,
                                          .tls = options.tls,
                                          .services = {&hot_path.service, &hot_path.erasure_service,
                                                       &system_service}}));
  RunUntilSignal(past, hot_path, snapshots, snapshot_client, *server, metrics);
  return past.refusal;
}

}  // namespace
}  // namespace mab::assignment

int main(int argc, char** argv) {
  const absl::string_view argument = argc > 1 ? argv[1] : "";
  if (argument == "--version") {
    std::puts("mab-assignment " MAB_VERSION);
    return 0;
  }
  if (argument == "dump") return mab::assignment::RunDump({argv + 2, argv + argc});
  if (argument == "--help" || !argument.empty()) {
    std::fputs(mab::assignment::kHelp, argument == "--help" ? stdout : stderr);
    return argument == "--help" ? 0 : 2;
  }
  mab::BlockShutdownSignals();
  const absl::Status status = mab::assignment::Serve();
  if (status.ok()) return 0;
  std::fprintf(stderr, "mab-assignment: %s\n", std::string(status.message()).c_str());
  return 1;
}
