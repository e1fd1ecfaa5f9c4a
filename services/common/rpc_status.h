// The border between the services' errors and gRPC's. One function for each direction that is needed.
//
// An error goes out as google.rpc.Status with ErrorInfo{reason, domain: "mab"}, BadRequest for field violations and
// RetryInfo for a retry hint. INTERNAL and any status without a reason goes out as "internal error" (the log has the
// text); a reasonless UNAVAILABLE goes out as reason UNAVAILABLE with a retry hint of a second.
//
// Thread safety: pure functions, but for the log.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace mab {

google::rpc::Status ToRpcStatusProto(const absl::Status& status);
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace mab
