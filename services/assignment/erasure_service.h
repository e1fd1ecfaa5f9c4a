// mab.v1.ErasureService, for our own services.
//
// Thread-safe.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "assignment/eraser.h"
#include "mab/v1/erasure_service.grpc.pb.h"
#include "storage/user_key.h"

namespace mab::assignment {

class ErasureService final : public v1::ErasureService::CallbackService {
 public:
  // Not owned; both outlive this.
  ErasureService(const storage::UserKey* user_key, Eraser* eraser, std::string internal_secret)
      : user_key_(user_key), eraser_(eraser), internal_secret_(std::move(internal_secret)) {}

  grpc::ServerUnaryReactor* EraseUser(grpc::CallbackServerContext* context,
                                      const v1::EraseUserRequest* request,
                                      v1::EraseUserResponse* response) override;

 private:
  const storage::UserKey* const user_key_;
  Eraser* const eraser_;
  const std::string internal_secret_;
};

}  // namespace mab::assignment
