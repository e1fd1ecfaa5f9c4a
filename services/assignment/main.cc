// mab-assignment: wiring, and nothing else.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "assignment/assignment_calls_codec.h"
#include "assignment/assignment_service.h"
#include "assignment/eraser.h"
#include "assignment/erasure_service.h"
#include "assignment/journal_metrics.h"
#include "assignment/options.h"
#include "assignment/past.h"
#include "assignment/segment_dump.h"
#include "assignment/snapshot_client.h"
#include "assignment/sticky_upkeep.h"
#include "assignment/system_service.h"
#include "assignment/traffic_meter.h"
#include "common/clock.h"
#include "common/config.h"
#include "common/error.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/periodic_task.h"
#include "common/rpc_server.h"
#include "common/shutdown_signal.h"
#include "common/status_macros.h"

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
  MAB_INTERNAL_PLAINTEXT         true: in production, plain gRPC beyond this machine is allowed (false)
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
  MAB_STICKY_MAX_BYTES           memory for assignments; beyond it new users get the control; 0: no limit (4294967296)
  MAB_DRAIN_INTERVAL             how long an event waits for others on its way to PostgreSQL (100ms)
)";

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
        traffic([this] { return Counts(); }, clock),
        eraser(past.journal.get(), &past.sticky_map, clock),
        erasure_service({.user_key = &user_key,
                         .eraser = &eraser,
                         .authorizer = &authorizer,
                         .journal_id = past.journal->id(),
                         .time_max = ErasureTimeMax(options.journal_retain),
                         .cleared_through = [&past] { return past.ClearedThrough(); }}) {}

  TrafficCounts Counts() const {
    return {.assigns = metrics.assigns(),
            .conversions = metrics.conversions(),
            .exposures = recorder.exposures()};
  }

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
  TrafficMeter traffic;
  Eraser eraser;
  ErasureService erasure_service;
};

SystemService::JournalFacts FactsOf(const Past& past) {
  return {past.drainer->lag_events(), past.journal->bytes_on_disk(), past.journal->accepts(),
          past.drainer->broken(), past.drainer->lag()};
}

// Serves until a signal, then lets go in the order in which one needs the other.
void RunUntilSignal(Past& past, HotPath& hot_path, SnapshotHolder& snapshots,
                    SnapshotClient& snapshot_client, RpcServer& server, const Clock& clock,
                    Metrics& metrics) {
  JournalMetrics journal_metrics(metrics);
  journal_metrics.Observe(*past.journal, *past.drainer);
  PeriodicTask housekeeping(absl::Seconds(1), [&] {
    hot_path.counter.Flush();
    hot_path.service.EndStreamsWithoutKey();
    hot_path.traffic.Sample();
  });
  // Of its own: a disk that is slow to take a checkpoint must not keep us from looking at its room.
  PeriodicTask disk_watch(absl::Milliseconds(200), [&] {
    past.journal->CheckDisk();
    journal_metrics.Observe(*past.journal, *past.drainer);
  });
  PeriodicTask keeper(absl::Milliseconds(200), [&] { past.Keep(); });
  StickyUpkeep upkeep({.sticky_map = &past.sticky_map,
                       .journal = past.journal.get(),
                       .checkpointer = past.checkpointer.get(),
                       .snapshots = &snapshots,
                       .clock = &clock,
                       .metrics = &metrics});
  // Of its own too: what comes while a checkpoint is written is settled meanwhile.
  PeriodicTask sticky_upkeep(
      absl::Seconds(1), [&] { upkeep.RunOnce(); }, absl::ZeroDuration());
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
  sticky_upkeep.Start();
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
  sticky_upkeep.Stop();
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
                                .authorizer = &hot_path.authorizer,
                                .traffic = &hot_path.traffic});
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<RpcServer> server,
                       RpcServer::Create({.listen = options.listen,
                                          .reflection = !options.production,
                                          .tls = options.tls,
                                          .services = {&hot_path.service, &hot_path.erasure_service,
                                                       &system_service}}));
  RunUntilSignal(past, hot_path, snapshots, snapshot_client, *server, clock, metrics);
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
