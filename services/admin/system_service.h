// How this service is: the database, the refresher, the process. For the gateway's /health.
//
// Thread-safe; nothing blocks.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "admin/authorizer.h"
#include "admin/database_probe.h"
#include "admin/version_refresher.h"
#include "common/clock.h"
#include "mab/v1/system_service.grpc.pb.h"

namespace mab::admin {

class SystemServiceImpl final : public mab::v1::SystemService::Service {
 public:
  struct Options {
    std::string version;
    // A refresh that is older makes the service degraded.
    absl::Duration refresh_age_max = absl::Seconds(10);
  };

  // Nothing is owned; all outlive this.
  SystemServiceImpl(Options options, const Authorizer* authorizer, const DatabaseProbe* database,
                    const VersionRefresher* refresher, const Clock* clock);

  grpc::Status GetStatus(grpc::ServerContext* context, const mab::v1::GetStatusRequest* request,
                         mab::v1::GetStatusResponse* response) override;

 private:
  const Options options_;
  const Authorizer* const authorizer_;
  const DatabaseProbe* const database_;
  const VersionRefresher* const refresher_;
  const Clock* const clock_;
  const absl::Time start_;
};

}  // namespace mab::admin
