#include "assignment/erasure_service.h"

#include <utility>

#include "assignment/query.h"
#include "assignment/timestamp_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::assignment {

grpc::ServerUnaryReactor* ErasureService::EraseUser(grpc::CallbackServerContext* context,
                                                    const v1::EraseUserRequest* request,
                                                    v1::EraseUserResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::StatusOr<bandit::UserHash> user = [&]() -> absl::StatusOr<bandit::UserHash> {
    MAB_RETURN_IF_ERROR(
        options_.authorizer->Authorize(*context, "mab.v1.ErasureService/EraseUser").status());
    return MakeEraseQuery(*options_.user_key, request->user_id());
  }();
  if (!user.ok()) {
    reactor->Finish(ToGrpcStatus(user.status()));
    return reactor;
  }
  options_.eraser->Erase(
      *user, [this, reactor, response](const absl::StatusOr<Eraser::Erased>& erased) {
        if (erased.ok()) {
          response->set_assignments(static_cast<uint32_t>(erased->assignments));
          EncodeTime(erased->at, response->mutable_erased_at());
          response->set_journal_id(options_.journal_id.ToString());
          response->set_sequence(erased->sequence);
          EncodeTime(erased->at + options_.time_max, response->mutable_clear_by());
        }
        reactor->Finish(ToGrpcStatus(erased.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* ErasureService::GetErasureProgress(
    grpc::CallbackServerContext* context, const v1::GetErasureProgressRequest*,
    v1::GetErasureProgressResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        options_.authorizer->Authorize(*context, "mab.v1.ErasureService/GetErasureProgress")
            .status());
    MAB_ASSIGN_OR_RETURN(const uint64_t through, options_.cleared_through());
    response->set_journal_id(options_.journal_id.ToString());
    response->set_cleared_through(through);
    return absl::OkStatus();
  }()));
  return reactor;
}

}  // namespace mab::assignment
