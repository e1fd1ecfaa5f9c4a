#include "admin/snapshot_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "admin/snapshot_codec.h"
#include "admin/time_codec.h"
#include "common/error.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "storage/api_key_store.h"

namespace mab::admin {
namespace {

// How long a watcher that went away holds its thread: the synchronous API does not say when a
// caller leaves.
constexpr absl::Duration kCancelPoll = absl::Milliseconds(200);
constexpr int kKeyUsesMax = 1000;

// A use is of `now` at the latest, whatever another machine's clock says.
absl::StatusOr<absl::btree_map<ApiKeyId, absl::Time>> DecodeKeyUses(
    const mab::v1::ReportKeyUsesRequest& request, absl::Time now) {
  Violations violations;
  absl::btree_map<ApiKeyId, absl::Time> uses;
  if (request.uses_size() > kKeyUsesMax) {
    return InvalidArgumentError("uses", absl::StrCat("must be at most ", kKeyUsesMax));
  }
  for (int i = 0; i < request.uses_size(); ++i) {
    const mab::v1::KeyUse& use = request.uses(i);
    const std::string field = absl::StrCat("uses[", i, "]");
    const absl::StatusOr<Uuid> id = Uuid::Parse(use.api_key_id());
    if (!id.ok())
      violations.Add(absl::StrCat(field, ".api_key_id"), "must be the id of an API key");
    const std::optional<absl::Time> time =
        DecodeTime(use.has_last_use_time(), use.last_use_time(),
                   absl::StrCat(field, ".last_use_time"), violations);
    if (id.ok() && time.has_value()) uses[ApiKeyId{*id}] = std::min(*time, now);
  }
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return uses;
}

}  // namespace

SnapshotServiceImpl::SnapshotServiceImpl(Options options, const Authorizer* authorizer,
                                         const SnapshotHub* hub, PgPool* pool, const Clock* clock,
                                         Metrics& metrics)
    : options_(std::move(options)),
      authorizer_(authorizer),
      hub_(hub),
      pool_(pool),
      clock_(clock),
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

grpc::Status SnapshotServiceImpl::ReportKeyUses(grpc::ServerContext* context,
                                                const mab::v1::ReportKeyUsesRequest* request,
                                                mab::v1::ReportKeyUsesResponse* /*response*/) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.SnapshotService/ReportKeyUses").status());
    MAB_ASSIGN_OR_RETURN(const auto uses, DecodeKeyUses(*request, clock_->Now()));
    return pool_->Transaction(
        [&](PgConnection& db) { return storage::ApiKeyStore::RecordUses(db, uses); });
  }());
}

}  // namespace mab::admin
