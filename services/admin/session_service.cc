#include "admin/session_service.h"

#include <vector>

#include "admin/account_codec.h"
#include "admin/time_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

void EncodeLiveSession(const storage::LiveFamily& family, const Caller& caller,
                       mab::v1::Session* out) {
  out->set_id(family.family_id.ToString());
  *out->mutable_create_time() = EncodeTime(family.family_id.V7Time());
  *out->mutable_last_use_time() = EncodeTime(family.last_use_time);
  *out->mutable_expire_time() = EncodeTime(family.expire_time);
  out->set_address(family.address.value_or(""));
  out->set_current(family.family_id == caller.session_id);
}

}  // namespace

grpc::Status SessionServiceImpl::ListSessions(grpc::ServerContext* context,
                                              const mab::v1::ListSessionsRequest* /*request*/,
                                              mab::v1::ListSessionsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller, options_.authorizer->Authorize(
                                                  *context, "mab.v1.SessionService/ListSessions"));
    MAB_ASSIGN_OR_RETURN(const std::vector<storage::LiveFamily> sessions,
                         options_.own_sessions->List(caller));
    for (const storage::LiveFamily& session : sessions) {
      EncodeLiveSession(session, caller, response->add_sessions());
    }
    return absl::OkStatus();
  }());
}

grpc::Status SessionServiceImpl::EndSessions(grpc::ServerContext* context,
                                             const mab::v1::EndSessionsRequest* request,
                                             mab::v1::EndSessionsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller, options_.authorizer->Authorize(
                                                  *context, "mab.v1.SessionService/EndSessions"));
    MAB_ASSIGN_OR_RETURN(
        const int64_t ended,
        options_.own_sessions->End(caller, request->current_password(), request->id()));
    response->set_ended(static_cast<uint32_t>(ended));
    return absl::OkStatus();
  }());
}

grpc::Status SessionServiceImpl::EndAccountSessions(
    grpc::ServerContext* context, const mab::v1::EndAccountSessionsRequest* request,
    mab::v1::EndAccountSessionsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        const Caller caller,
        options_.authorizer->Authorize(*context, "mab.v1.SessionService/EndAccountSessions"));
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    MAB_ASSIGN_OR_RETURN(const storage::Account account,
                         options_.accounts->EndSessions(caller, id));
    EncodeAccount(account, response->mutable_account());
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
