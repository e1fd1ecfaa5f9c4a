#include "admin/erasure_client.h"

#include <google/protobuf/util/time_util.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/log.h"
#include "common/rpc_channel.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"
#include "storage/user_key.h"

namespace mab::admin {
namespace {

void Prepare(const std::string& secret, absl::Duration timeout, grpc::ClientContext& context) {
  AddInternalSecret(context, secret);
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

// The other service's answer as our own. Its words are not passed on: whatever it complains of, it
// could repeat the id.
absl::Status FromAssignment(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return absl::OkStatus();
    case grpc::StatusCode::INVALID_ARGUMENT:
      return InvalidArgumentError("user_id", "must be 1 to 256 bytes");
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return UnavailableError(kReasonUnavailable,
                              "the assignment service is away or cannot record it; try again");
    default:
      return InternalError(absl::StrCat("the assignment service answers ", status.error_code()));
  }
}

absl::Time DecodeTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time));
}

storage::AuditEntry EntryOf(const Uuid& erasure_id, absl::Time at,
                            const storage::AuditActor& actor) {
  return {.at = at,
          .actor = actor,
          .action = "visitor.erase",
          .subject_type = "erasure",
          .subject_id = erasure_id.ToString()};
}

}  // namespace

ErasureClient::ErasureClient(Options options)
    : options_(std::move(options)),
      stub_(mab::v1::ErasureService::NewStub(
          InternalChannel(options_.assignment_address, options_.tls))) {}

absl::Time ErasureClient::Now() const { return NowMicros(*options_.clock); }

absl::StatusOr<storage::Erasure> ErasureClient::CallErase(const std::string& user_id) {
  grpc::ClientContext context;
  Prepare(options_.internal_secret, options_.timeout, context);
  mab::v1::EraseUserRequest request;
  request.set_user_id(user_id);
  mab::v1::EraseUserResponse response;
  MAB_RETURN_IF_ERROR(FromAssignment(stub_->EraseUser(&context, request, &response)));
  MAB_ASSIGN_OR_RETURN(const Uuid journal_id, Uuid::Parse(response.journal_id()));
  return storage::Erasure{.id = {},
                          .journal_id = journal_id,
                          .sequence = response.sequence(),
                          .assignments = response.assignments(),
                          .erased_at = DecodeTime(response.erased_at()),
                          .clear_by = DecodeTime(response.clear_by()),
                          .clear_time = std::nullopt};
}

absl::StatusOr<ErasureClient::Progress> ErasureClient::CallProgress() {
  grpc::ClientContext context;
  Prepare(options_.internal_secret, options_.timeout, context);
  mab::v1::GetErasureProgressResponse response;
  MAB_RETURN_IF_ERROR(FromAssignment(stub_->GetErasureProgress(&context, {}, &response)));
  MAB_ASSIGN_OR_RETURN(const Uuid journal_id, Uuid::Parse(response.journal_id()));
  return Progress{journal_id, response.cleared_through()};
}

absl::StatusOr<storage::Erasure> ErasureClient::Erase(const std::string& user_id,
                                                      const storage::AuditActor& actor) {
  if (user_id.empty() || user_id.size() > storage::kUserIdBytesMax) {
    return InvalidArgumentError("user_id", "must be 1 to 256 bytes");
  }
  MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
  const Uuid id = Uuid::NewV7(Now());
  storage::Erasure erasure;
  // The call is within the transaction: nobody is erased while it can't be put on record who did
  // it.
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(storage::AuditStore::Append(db, EntryOf(id, Now(), actor)));
    MAB_ASSIGN_OR_RETURN(erasure, CallErase(user_id));
    erasure.id = id;
    return storage::ErasureStore::Insert(db, erasure);
  }));
  return erasure;
}

absl::StatusOr<ErasureReport> ErasureClient::Report(absl::string_view erasure_id) {
  const absl::StatusOr<Uuid> id = Uuid::Parse(erasure_id);
  if (!id.ok()) return InvalidArgumentError("erasure_id", "must be the id of an erasure");
  std::optional<storage::Erasure> found;
  const auto read = [&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(found, storage::ErasureStore::Find(db, *id));
    return absl::OkStatus();
  };
  MAB_RETURN_IF_ERROR(options_.pool->Transaction(read));
  if (!found.has_value()) {
    return NotFoundError(kReasonErasureNotFound, "there is no erasure of this id");
  }
  if (found->clear_time.has_value()) return ErasureReport{*found};
  const absl::StatusOr<Progress> progress = CallProgress();
  if (!progress.ok()) return ErasureReport{*found};
  if (progress->journal_id != found->journal_id) {
    return ErasureReport{*found, /*journal_set_aside=*/true};
  }
  if (progress->cleared_through >= found->sequence) {
    MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
      MAB_RETURN_IF_ERROR(storage::ErasureStore::MarkClear(db, progress->journal_id,
                                                           progress->cleared_through, Now())
                              .status());
      return read(db);
    }));
  }
  return ErasureReport{*found};
}

absl::Status ErasureClient::Look() {
  bool pending = false;
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(pending, storage::ErasureStore::AnyPending(db));
    return absl::OkStatus();
  }));
  if (!pending) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(const Progress progress, CallProgress());
  int64_t cleared = 0;
  MAB_RETURN_IF_ERROR(options_.pool->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(cleared, storage::ErasureStore::MarkClear(
                                      db, progress.journal_id, progress.cleared_through, Now()));
    return absl::OkStatus();
  }));
  if (cleared > 0) {
    MAB_LOG(kInfo, "the journal is clear of erased visitors", {{"erasures", cleared}});
  }
  return absl::OkStatus();
}

void ErasureClient::Watch() {
  const absl::Status status = Look();
  if (status.ok()) return;
  MAB_LOG(kWarning, "it is not known whether the journal is clear of erased visitors",
          {{"error", status}});
}

}  // namespace mab::admin
