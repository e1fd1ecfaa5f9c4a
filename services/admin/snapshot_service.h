// WatchSnapshots: what the assignment services live on.
//
// Each watcher takes a thread for as long as it stays; so there are at most `watchers_max` of them,
// beyond that OVERLOADED. A call ends with its caller, with the hub (UNAVAILABLE), or when a
// message can't be written.
//
// ReportKeyUses: what they tell back.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "admin/authorizer.h"
#include "admin/snapshot_hub.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/postgres.h"
#include "mab/v1/snapshot_service.grpc.pb.h"

namespace mab::admin {

class SnapshotServiceImpl final : public mab::v1::SnapshotService::Service {
 public:
  struct Options {
    int watchers_max = 64;
    // A message without changes after so long; watchers are promised one every five seconds.
    absl::Duration heartbeat = absl::Seconds(2);
  };

  // Nothing is owned; all outlive this.
  SnapshotServiceImpl(Options options, const Authorizer* authorizer, const SnapshotHub* hub,
                      PgPool* pool, const Clock* clock, Metrics& metrics);

  grpc::Status WatchSnapshots(grpc::ServerContext* context,
                              const mab::v1::WatchSnapshotsRequest* request,
                              grpc::ServerWriter<mab::v1::WatchSnapshotsResponse>* writer) override;

  grpc::Status ReportKeyUses(grpc::ServerContext* context,
                             const mab::v1::ReportKeyUsesRequest* request,
                             mab::v1::ReportKeyUsesResponse* response) override;

 private:
  absl::Status Watch(const grpc::ServerContext& context,
                     grpc::ServerWriter<mab::v1::WatchSnapshotsResponse>& writer);

  const Options options_;
  const Authorizer* const authorizer_;
  const SnapshotHub* const hub_;
  PgPool* const pool_;
  const Clock* const clock_;
  prometheus::Gauge& watchers_gauge_;
  std::atomic<int> watchers_ = 0;
};

}  // namespace mab::admin
