// mab.v1.SystemService of this service: how it is, for the gateway's /health.
//
// Thread-safe.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "assignment/call_authorizer.h"
#include "assignment/snapshot_holder.h"
#include "assignment/sticky_map.h"
#include "assignment/traffic_meter.h"
#include "common/clock.h"
#include "mab/v1/system_service.grpc.pb.h"

namespace mab::assignment {

class SystemService final : public v1::SystemService::CallbackService {
 public:
  struct JournalFacts {
    // Records that PostgreSQL does not have yet.
    uint64_t lag_events = 0;
    uint64_t bytes = 0;
    // Records can be appended.
    bool accepts = true;
    // Taking them to PostgreSQL fails, and not for want of PostgreSQL.
    bool drain_broken = false;
    // The age of the oldest of them.
    absl::Duration lag;
  };
  struct Options {
    // Not owned; outlive this.
    const Clock* clock = nullptr;
    const SnapshotHolder* snapshots = nullptr;
    const StickyMap* sticky_map = nullptr;
    std::function<JournalFacts()> journal;
    // Since admin was last heard.
    std::function<absl::Duration()> snapshot_age;
    const CallAuthorizer* authorizer = nullptr;  // not owned; outlives this
    const TrafficMeter* traffic = nullptr;       // not owned; outlives this
  };
  explicit SystemService(Options options);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;

 private:
  void Fill(v1::GetStatusResponse* response) const;
  void FillJournal(v1::GetStatusResponse* response) const;
  void FillSnapshot(v1::GetStatusResponse* response) const;
  void FillTraffic(v1::GetStatusResponse* response) const;

  const Options options_;
  const absl::Time started_at_;
};

}  // namespace mab::assignment
