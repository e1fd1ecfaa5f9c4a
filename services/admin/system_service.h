// How this service is: the database, the refresher, the process. For the gateway's /health.
//
// Thread-safe. However often it is asked, the database is asked one question at a time, and at most
// every `database_check_interval`.
#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "admin/version_refresher.h"
#include "common/clock.h"
#include "common/postgres.h"
#include "mab/v1/system_service.grpc.pb.h"

namespace mab::admin {

class SystemServiceImpl final : public mab::v1::SystemService::Service {
 public:
  struct Options {
    std::string version;
    absl::Duration database_check_interval = absl::Seconds(1);
    // A refresh that is older makes the service degraded.
    absl::Duration refresh_age_max = absl::Seconds(10);
  };

  // Nothing is owned; all outlive this.
  SystemServiceImpl(Options options, PgPool* pool, const VersionRefresher* refresher,
                    const Clock* clock);

  grpc::Status GetStatus(grpc::ServerContext* context, const mab::v1::GetStatusRequest* request,
                         mab::v1::GetStatusResponse* response) override;

 private:
  struct DatabaseCheck {
    absl::Time at = absl::InfinitePast();
    absl::Status status;
    double latency_ms = 0;
  };
  DatabaseCheck CheckDatabase();

  const Options options_;
  PgPool* const pool_;
  const VersionRefresher* const refresher_;
  const Clock* const clock_;
  const absl::Time start_;
  absl::Mutex mutex_;  // held while the database is asked
  DatabaseCheck database_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::admin
