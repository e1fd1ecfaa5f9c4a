#include "admin/system_service.h"

#include <string>
#include <utility>

#include "common/process_stats.h"
#include "common/rpc_status.h"

namespace mab::admin {
namespace {

using mab::v1::SystemCheck;

}  // namespace

SystemServiceImpl::SystemServiceImpl(Options options, const Authorizer* authorizer,
                                     const DatabaseProbe* database,
                                     const VersionRefresher* refresher, const Clock* clock)
    : options_(std::move(options)),
      authorizer_(authorizer),
      database_(database),
      refresher_(refresher),
      clock_(clock),
      start_(clock->Now()) {}

grpc::Status SystemServiceImpl::GetStatus(grpc::ServerContext* context,
                                          const mab::v1::GetStatusRequest* /*request*/,
                                          mab::v1::GetStatusResponse* response) {
  const absl::Status allowed =
      authorizer_->Authorize(*context, "mab.v1.SystemService/GetStatus").status();
  if (!allowed.ok()) return ToGrpcStatus(allowed);
  const DatabaseProbe::Result database = database_->result();
  const absl::Time now = clock_->Now();
  response->set_version(options_.version);
  response->set_uptime_seconds(absl::ToDoubleSeconds(now - start_));
  auto& checks = *response->mutable_checks();

  SystemCheck& database_check = checks["database"];
  database_check.set_status(database.status.ok() ? SystemCheck::OK : SystemCheck::DOWN);
  (*database_check.mutable_measurements())["latency_ms"] =
      absl::ToDoubleMilliseconds(database.latency);

  SystemCheck& refresher_check = checks["refresher"];
  const absl::Time refreshed = refresher_->last_success();
  const bool fresh = now - refreshed <= options_.refresh_age_max;
  refresher_check.set_status(fresh ? SystemCheck::OK : SystemCheck::DEGRADED);
  // Before the first success: since the start.
  const absl::Time since = refreshed == absl::InfinitePast() ? start_ : refreshed;
  (*refresher_check.mutable_measurements())["age_seconds"] = absl::ToDoubleSeconds(now - since);

  SystemCheck& system_check = checks["system"];
  system_check.set_status(SystemCheck::OK);
  (*system_check.mutable_measurements())["memory_mb"] = ResidentMemoryMb();
  (*system_check.mutable_measurements())["load"] = LoadAverage();
  return grpc::Status::OK;
}

}  // namespace mab::admin
