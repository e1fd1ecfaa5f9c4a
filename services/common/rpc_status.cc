#include "common/rpc_status.h"

#include <string>

#include "common/error.h"
#include "common/log.h"
#include "google/protobuf/util/time_util.h"
#include "google/rpc/error_details.pb.h"

namespace mab {
namespace {

constexpr char kErrorDomain[] = "mab";
// An error travels in the trailing metadata, of which gRPC takes 8 KiB in all (and base64 adds a
// third): more, and the caller would see a broken call in place of his error.
constexpr size_t kBadRequestBytesMax = 4 * 1024;

// A status without a reason was made by a library, for the log: its text is not for clients.
absl::Status ForClients(const absl::Status& status) {
  const bool has_reason = ErrorReason(status) != kReasonInternal;
  if (has_reason) return status;
  if (status.code() == absl::StatusCode::kUnavailable) {
    MAB_LOG(kWarning, "answered unavailable", {{"error", status}});
    return UnavailableError(kReasonUnavailable, "temporarily unavailable");
  }
  MAB_LOG(kError, "answered an internal error", {{"error", status}});
  return InternalError("internal error");
}

// As many violations as fit; the message says how many there are.
void AddBadRequest(const std::vector<FieldViolation>& violations, google::rpc::Status& out) {
  if (violations.empty()) return;
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    google::rpc::BadRequest::FieldViolation& added = *bad_request.add_field_violations();
    added.set_field(violation.field);
    added.set_description(violation.description);
    if (bad_request.ByteSizeLong() <= kBadRequestBytesMax) continue;
    bad_request.mutable_field_violations()->RemoveLast();
    break;
  }
  out.add_details()->PackFrom(bad_request);
}

}  // namespace

google::rpc::Status ToRpcStatusProto(const absl::Status& status) {
  google::rpc::Status out;
  if (status.ok()) return out;
  const absl::Status error = ForClients(status);
  out.set_code(static_cast<int>(error.code()));
  out.set_message(std::string(error.message()));
  google::rpc::ErrorInfo info;
  info.set_reason(ErrorReason(error));
  info.set_domain(kErrorDomain);
  out.add_details()->PackFrom(info);
  AddBadRequest(ErrorViolations(error), out);
  if (const auto retry_after = ErrorRetryAfter(error)) {
    google::rpc::RetryInfo retry;
    *retry.mutable_retry_delay() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(retry_after->count());
    out.add_details()->PackFrom(retry);
  }
  return out;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status out = ToRpcStatusProto(status);
  return grpc::Status(static_cast<grpc::StatusCode>(out.code()), out.message(),
                      out.SerializeAsString());
}

}  // namespace mab
