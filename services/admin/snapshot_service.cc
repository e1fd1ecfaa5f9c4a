#include "admin/snapshot_service.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "admin/snapshot_codec.h"
#include "common/error.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

// How long a watcher that went away holds its thread: the synchronous API does not say when a
// caller leaves.
constexpr absl::Duration kCancelPoll = absl::Milliseconds(200);

}  // namespace

SnapshotServiceImpl::SnapshotServiceImpl(Options options, const Authorizer* authorizer,
                                         const SnapshotHub* hub, Metrics& metrics)
    : options_(std::move(options)),
      authorizer_(authorizer),
      hub_(hub),
      watchers_gauge_(metrics.Gauge("mab_snapshot_watchers", "Streams of snapshots now open.")) {}

grpc::Status SnapshotServiceImpl::WatchSnapshots(
    grpc::ServerContext* context, const mab::v1::WatchSnapshotsRequest* /*request*/,
    grpc::ServerWriter<mab::v1::WatchSnapshotsResponse>* writer) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.SnapshotService/WatchSnapshots").status());
    const absl::Cleanup leave = [this] { watchers_gauge_.Set(--watchers_); };
    const int watchers = ++watchers_;
    watchers_gauge_.Set(watchers);
    if (watchers > options_.watchers_max) {
      return UnavailableError(kReasonOverloaded, "too many watchers of snapshots");
    }
    return Watch(*context, *writer);
  }());
}

absl::Status SnapshotServiceImpl::Watch(
    const grpc::ServerContext& context,
    grpc::ServerWriter<mab::v1::WatchSnapshotsResponse>& writer) {
  const auto write = [&writer](const mab::v1::WatchSnapshotsResponse& message) {
    return writer.Write(message);
  };
  SnapshotHub::Cursor cursor;
  bool started = false;
  absl::Duration silence = absl::ZeroDuration();
  while (!context.IsCancelled()) {
    const absl::Duration wait = std::min(kCancelPoll, options_.heartbeat);
    const SnapshotHub::Wait news = hub_->WaitForChange(cursor, wait);
    if (news == SnapshotHub::Wait::kClosed) {
      return UnavailableError(kReasonUnavailable, "the service is shutting down");
    }
    if (news == SnapshotHub::Wait::kTimeout) {
      silence += wait;
      // Before the first snapshot there is nothing to say.
      if (!started || silence < options_.heartbeat) continue;
    }
    const SnapshotUpdate update = hub_->Collect(cursor);
    if (!EncodeSnapshotUpdate(update, kSnapshotMessageBytes, write)) break;
    started = true;
    silence = absl::ZeroDuration();
  }
  return absl::OkStatus();  // the watcher went away: nobody hears this
}

}  // namespace mab::admin
