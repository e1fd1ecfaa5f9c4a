#include "admin/account_service.h"

#include <optional>
#include <string>

#include "admin/account_codec.h"
#include "common/error.h"
#include "common/rpc_metadata.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr char kRefreshTokenKey[] = "mab-refresh-token";

template <typename Response>
absl::Status AnswerSession(const absl::StatusOr<Session>& session, grpc::ServerContext& context,
                           Response* response) {
  MAB_RETURN_IF_ERROR(session.status());
  EncodeSession(*session, response);
  context.AddInitialMetadata(kRefreshTokenKey, session->refresh_token);
  return absl::OkStatus();
}

}  // namespace

AccountServiceImpl::AccountServiceImpl(Sessions* sessions, FirstAccount* first_account,
                                       const Authorizer* authorizer)
    : sessions_(sessions), first_account_(first_account), authorizer_(authorizer) {}

grpc::Status AccountServiceImpl::Login(grpc::ServerContext* context,
                                       const mab::v1::LoginRequest* request,
                                       mab::v1::LoginResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, "mab.v1.AccountService/Login").status());
    return AnswerSession(sessions_->Login(request->email(), request->password()), *context,
                         response);
  }());
}

grpc::Status AccountServiceImpl::RefreshSession(grpc::ServerContext* context,
                                                const mab::v1::RefreshSessionRequest* /*request*/,
                                                mab::v1::RefreshSessionResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.AccountService/RefreshSession").status());
    const std::optional<std::string> token = MetadataValue(*context, kRefreshTokenKey);
    if (!token.has_value()) return UnauthenticatedError("sign in first: there is no session");
    return AnswerSession(sessions_->Refresh(*token), *context, response);
  }());
}

grpc::Status AccountServiceImpl::Logout(grpc::ServerContext* context,
                                        const mab::v1::LogoutRequest* /*request*/,
                                        mab::v1::LogoutResponse* /*response*/) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, "mab.v1.AccountService/Logout").status());
    const std::optional<std::string> token = MetadataValue(*context, kRefreshTokenKey);
    return token.has_value() ? sessions_->Logout(*token) : absl::OkStatus();
  }());
}

grpc::Status AccountServiceImpl::GetCurrentAccount(
    grpc::ServerContext* context, const mab::v1::GetCurrentAccountRequest* /*request*/,
    mab::v1::GetCurrentAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(
        const Caller caller,
        authorizer_->Authorize(*context, "mab.v1.AccountService/GetCurrentAccount"));
    EncodeCaller(caller, response->mutable_account());
    return absl::OkStatus();
  }());
}

grpc::Status AccountServiceImpl::SetUp(grpc::ServerContext* context,
                                       const mab::v1::SetUpRequest* request,
                                       mab::v1::SetUpResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(authorizer_->Authorize(*context, "mab.v1.AccountService/SetUp").status());
    MAB_ASSIGN_OR_RETURN(
        const storage::Account account,
        first_account_->SetUp(request->token(), request->email(), request->password()));
    return AnswerSession(sessions_->Open(account), *context, response);
  }());
}

}  // namespace mab::admin
