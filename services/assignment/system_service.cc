#include "assignment/system_service.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "common/process_stats.h"
#include "common/rpc_status.h"

namespace mab::assignment {
namespace {

// Admin says something every five seconds; after three times that it is not there.
constexpr absl::Duration kSnapshotAgeFresh = absl::Seconds(15);
// The drainer catches up within a second or two; a hundred thousand behind means that PostgreSQL is
// away.
constexpr uint64_t kJournalLagFine = 100000;

v1::SystemCheck& AddCheck(const char* name, v1::SystemCheck::Status status,
                          v1::GetStatusResponse* response) {
  v1::SystemCheck& check = (*response->mutable_checks())[name];
  check.set_status(status);
  return check;
}

void Measure(const char* name, double value, v1::SystemCheck& check) {
  (*check.mutable_measurements())[name] = value;
}

}  // namespace

SystemService::SystemService(Options options)
    : options_(std::move(options)), started_at_(options_.clock->Now()) {}

grpc::ServerUnaryReactor* SystemService::GetStatus(grpc::CallbackServerContext* context,
                                                   const v1::GetStatusRequest*,
                                                   v1::GetStatusResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status allowed =
      options_.authorizer->Authorize(*context, "mab.v1.SystemService/GetStatus").status();
  if (allowed.ok()) Fill(response);
  reactor->Finish(ToGrpcStatus(allowed));
  return reactor;
}

void SystemService::Fill(v1::GetStatusResponse* response) const {
  response->set_version(MAB_VERSION);
  response->set_uptime_seconds(absl::ToDoubleSeconds(options_.clock->Now() - started_at_));
  FillJournal(response);
  FillSnapshot(response);
  FillTraffic(response);

  const bool complete = options_.sticky_map->complete();
  v1::SystemCheck& map_check =
      AddCheck("sticky_map", complete ? v1::SystemCheck::OK : v1::SystemCheck::DEGRADED, response);
  Measure("entries", static_cast<double>(options_.sticky_map->size()), map_check);
  Measure("complete", complete ? 1 : 0, map_check);

  v1::SystemCheck& system_check = AddCheck("system", v1::SystemCheck::OK, response);
  Measure("memory_mb", ResidentMemoryMb(), system_check);
  Measure("load", LoadAverage(), system_check);
}

void SystemService::FillJournal(v1::GetStatusResponse* response) const {
  const JournalFacts journal = options_.journal();
  const v1::SystemCheck::Status status =
      !journal.accepts                                               ? v1::SystemCheck::DOWN
      : journal.drain_broken || journal.lag_events > kJournalLagFine ? v1::SystemCheck::DEGRADED
                                                                     : v1::SystemCheck::OK;
  v1::SystemCheck& check = AddCheck("journal", status, response);
  Measure("lag_events", static_cast<double>(journal.lag_events), check);
  Measure("lag_seconds", absl::ToDoubleSeconds(journal.lag), check);
  Measure("bytes", static_cast<double>(journal.bytes), check);
}

void SystemService::FillSnapshot(v1::GetStatusResponse* response) const {
  const std::shared_ptr<const Snapshot> snapshot = options_.snapshots->Get();
  const absl::Duration age = options_.snapshot_age();
  const v1::SystemCheck::Status status = snapshot == nullptr       ? v1::SystemCheck::DOWN
                                         : age > kSnapshotAgeFresh ? v1::SystemCheck::DEGRADED
                                                                   : v1::SystemCheck::OK;
  Measure("age_seconds", absl::ToDoubleSeconds(age), AddCheck("snapshot", status, response));
  if (snapshot == nullptr) return;
  response->set_experiments_fingerprint(FingerprintOf(*snapshot));

  int running = 0;
  uint64_t newest_version = 0;
  for (const auto& [id, experiment] : snapshot->by_id) {
    if (experiment->state == ExperimentState::kRunning) ++running;
    if (experiment->version != nullptr) {
      newest_version = std::max(newest_version, experiment->version->number);
    }
  }
  v1::SystemCheck& check = AddCheck("experiments", v1::SystemCheck::OK, response);
  Measure("running", running, check);
  if (newest_version == 0) return;
  // A version's number is the time at which it was made.
  const absl::Duration since =
      options_.clock->Now() - absl::FromUnixMillis(static_cast<int64_t>(newest_version));
  Measure("version_age_seconds", std::max(0.0, absl::ToDoubleSeconds(since)), check);
}

void SystemService::FillTraffic(v1::GetStatusResponse* response) const {
  const TrafficRates rates = options_.traffic->rates();
  v1::SystemCheck& check = AddCheck("traffic", v1::SystemCheck::OK, response);
  Measure("assigns_per_second", rates.assigns, check);
  Measure("conversions_per_second", rates.conversions, check);
  Measure("exposures_per_second", rates.exposures, check);
  Measure("window_seconds", std::round(absl::ToDoubleSeconds(rates.window)), check);
}

}  // namespace mab::assignment
