#include "assignment/erasure_service.h"

#include <utility>

#include "assignment/query.h"
#include "assignment/timestamp_codec.h"
#include "common/rpc_metadata.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::assignment {

grpc::ServerUnaryReactor* ErasureService::EraseUser(grpc::CallbackServerContext* context,
                                                    const v1::EraseUserRequest* request,
                                                    v1::EraseUserResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::StatusOr<bandit::UserHash> user = [&]() -> absl::StatusOr<bandit::UserHash> {
    MAB_RETURN_IF_ERROR(CheckInternalSecret(*context, internal_secret_));
    return MakeEraseQuery(*user_key_, request->user_id());
  }();
  if (!user.ok()) {
    reactor->Finish(ToGrpcStatus(user.status()));
    return reactor;
  }
  eraser_->Erase(*user, [reactor, response](const absl::StatusOr<Eraser::Erased>& erased) {
    if (erased.ok()) {
      response->set_assignments(static_cast<uint32_t>(erased->assignments));
      EncodeTime(erased->at, response->mutable_erased_at());
    }
    reactor->Finish(ToGrpcStatus(erased.status()));
  });
  return reactor;
}

}  // namespace mab::assignment
