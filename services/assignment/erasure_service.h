// mab.v1.ErasureService, for our own services.
//
// Thread-safe.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assignment/call_authorizer.h"
#include "assignment/eraser.h"
#include "common/uuid.h"
#include "mab/v1/erasure_service.grpc.pb.h"
#include "storage/user_key.h"

namespace mab::assignment {

class ErasureService final : public v1::ErasureService::CallbackService {
 public:
  struct Options {
    // Not owned; all outlive this.
    const storage::UserKey* user_key = nullptr;
    Eraser* eraser = nullptr;
    const CallAuthorizer* authorizer = nullptr;
    Uuid journal_id;
    // ErasureTimeMax.
    absl::Duration time_max;
    // Neither segment nor checkpoint says anything of records up to this one but what came of them
    // in the end.
    std::function<absl::StatusOr<uint64_t>()> cleared_through;
  };
  explicit ErasureService(Options options) : options_(std::move(options)) {}

  grpc::ServerUnaryReactor* EraseUser(grpc::CallbackServerContext* context,
                                      const v1::EraseUserRequest* request,
                                      v1::EraseUserResponse* response) override;
  grpc::ServerUnaryReactor* GetErasureProgress(grpc::CallbackServerContext* context,
                                               const v1::GetErasureProgressRequest* request,
                                               v1::GetErasureProgressResponse* response) override;

 private:
  const Options options_;
};

}  // namespace mab::assignment
