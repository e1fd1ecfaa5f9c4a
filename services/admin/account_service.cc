#include "admin/account_service.h"

#include "admin/account_codec.h"
#include "common/error.h"
#include "common/log.h"
#include "common/rpc_metadata.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr char kRefreshTokenKey[] = "mab-refresh-token";

template <typename Response>
absl::Status AnswerAccount(const absl::StatusOr<storage::Account>& account, Response* response) {
  MAB_RETURN_IF_ERROR(account.status());
  EncodeAccount(*account, response->mutable_account());
  return absl::OkStatus();
}

template <typename Response>
absl::Status AnswerLink(const absl::StatusOr<IssuedLink>& link, Response* response) {
  MAB_RETURN_IF_ERROR(link.status());
  EncodeLink(*link, response);
  return absl::OkStatus();
}

}  // namespace

template <typename Response>
absl::Status AccountServiceImpl::AnswerSignIn(const absl::StatusOr<Session>& session,
                                              grpc::ServerContext& context, Response* response) {
  MAB_RETURN_IF_ERROR(AnswerSession(session, context, response));
  const std::optional<std::string> before = MetadataValue(context, kRefreshTokenKey);
  if (!before.has_value()) return absl::OkStatus();
  const absl::Status ended = options_.sessions->Logout(*before);
  if (!ended.ok()) MAB_LOG(kWarning, "the session before a sign-in goes on", {{"error", ended}});
  return absl::OkStatus();
}

template <typename Response>
absl::Status AccountServiceImpl::AnswerSession(const absl::StatusOr<Session>& session,
                                               grpc::ServerContext& context, Response* response) {
  MAB_RETURN_IF_ERROR(session.status());
  EncodeSession(*session, response);
  context.AddInitialMetadata(kRefreshTokenKey, session->refresh_token);
  return absl::OkStatus();
}

grpc::Status AccountServiceImpl::Login(grpc::ServerContext* context,
                                       const mab::v1::LoginRequest* request,
                                       mab::v1::LoginResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller, Authorize(*context, "mab.v1.AccountService/Login"));
    return AnswerSignIn(
        options_.sessions->Login(request->email(), request->password(), caller.address), *context,
        response);
  }());
}

grpc::Status AccountServiceImpl::RefreshSession(grpc::ServerContext* context,
                                                const mab::v1::RefreshSessionRequest* /*request*/,
                                                mab::v1::RefreshSessionResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/RefreshSession"));
    const std::optional<std::string> token = MetadataValue(*context, kRefreshTokenKey);
    if (!token.has_value()) return UnauthenticatedError("sign in first: there is no session");
    return AnswerSession(options_.sessions->Refresh(*token, caller.address), *context, response);
  }());
}

grpc::Status AccountServiceImpl::Logout(grpc::ServerContext* context,
                                        const mab::v1::LogoutRequest* /*request*/,
                                        mab::v1::LogoutResponse* /*response*/) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(Authorize(*context, "mab.v1.AccountService/Logout").status());
    const std::optional<std::string> token = MetadataValue(*context, kRefreshTokenKey);
    if (token.has_value()) return options_.sessions->Logout(*token);
    const std::optional<std::string> access_token = BearerToken(*context);
    if (!access_token.has_value()) return absl::OkStatus();
    return options_.sessions->LogoutByAccessToken(*access_token);
  }());
}

grpc::Status AccountServiceImpl::GetCurrentAccount(
    grpc::ServerContext* context, const mab::v1::GetCurrentAccountRequest* /*request*/,
    mab::v1::GetCurrentAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/GetCurrentAccount"));
    return AnswerAccount(options_.accounts->Get(caller.account_id), response);
  }());
}

grpc::Status AccountServiceImpl::SetUp(grpc::ServerContext* context,
                                       const mab::v1::SetUpRequest* request,
                                       mab::v1::SetUpResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller, Authorize(*context, "mab.v1.AccountService/SetUp"));
    MAB_ASSIGN_OR_RETURN(const storage::Account account,
                         options_.first_account->SetUp(request->token(), request->email(),
                                                       request->password(), caller.address));
    return AnswerSignIn(options_.sessions->Open(account, caller.address), *context, response);
  }());
}

grpc::Status AccountServiceImpl::SetPassword(grpc::ServerContext* context,
                                             const mab::v1::SetPasswordRequest* request,
                                             mab::v1::SetPasswordResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/SetPassword"));
    MAB_ASSIGN_OR_RETURN(
        const storage::Account account,
        options_.own_password->SetByLink(request->token(), request->password(), caller.address));
    return AnswerSignIn(options_.sessions->Open(account, caller.address), *context, response);
  }());
}

grpc::Status AccountServiceImpl::ChangePassword(grpc::ServerContext* context,
                                                const mab::v1::ChangePasswordRequest* request,
                                                mab::v1::ChangePasswordResponse* /*response*/) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/ChangePassword"));
    return options_.own_password->Change(caller, request->current_password(),
                                         request->new_password());
  }());
}

grpc::Status AccountServiceImpl::ListAccounts(grpc::ServerContext* context,
                                              const mab::v1::ListAccountsRequest* request,
                                              mab::v1::ListAccountsResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(Authorize(*context, "mab.v1.AccountService/ListAccounts").status());
    MAB_ASSIGN_OR_RETURN(const AccountPage page,
                         options_.accounts->List(request->page_size(), request->page_token()));
    for (const storage::Account& account : page.accounts) {
      EncodeAccount(account, response->add_accounts());
    }
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  }());
}

grpc::Status AccountServiceImpl::GetAccount(grpc::ServerContext* context,
                                            const mab::v1::GetAccountRequest* request,
                                            mab::v1::GetAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(Authorize(*context, "mab.v1.AccountService/GetAccount").status());
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    return AnswerAccount(options_.accounts->Get(id), response);
  }());
}

grpc::Status AccountServiceImpl::InviteAccount(grpc::ServerContext* context,
                                               const mab::v1::InviteAccountRequest* request,
                                               mab::v1::InviteAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/InviteAccount"));
    MAB_ASSIGN_OR_RETURN(const Role role, DecodeRole(request->role()));
    return AnswerLink(options_.accounts->Invite(caller, request->email(), role), response);
  }());
}

grpc::Status AccountServiceImpl::ChangeAccountRole(grpc::ServerContext* context,
                                                   const mab::v1::ChangeAccountRoleRequest* request,
                                                   mab::v1::ChangeAccountRoleResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/ChangeAccountRole"));
    MAB_ASSIGN_OR_RETURN(const Role role, DecodeRole(request->role()));
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    return AnswerAccount(options_.accounts->ChangeRole(caller, id, role), response);
  }());
}

grpc::Status AccountServiceImpl::DisableAccount(grpc::ServerContext* context,
                                                const mab::v1::DisableAccountRequest* request,
                                                mab::v1::DisableAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/DisableAccount"));
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    return AnswerAccount(options_.accounts->Disable(caller, id), response);
  }());
}

grpc::Status AccountServiceImpl::EnableAccount(grpc::ServerContext* context,
                                               const mab::v1::EnableAccountRequest* request,
                                               mab::v1::EnableAccountResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/EnableAccount"));
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    return AnswerAccount(options_.accounts->Enable(caller, id), response);
  }());
}

grpc::Status AccountServiceImpl::ResetAccountPassword(
    grpc::ServerContext* context, const mab::v1::ResetAccountPasswordRequest* request,
    mab::v1::ResetAccountPasswordResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_ASSIGN_OR_RETURN(const Caller caller,
                         Authorize(*context, "mab.v1.AccountService/ResetAccountPassword"));
    MAB_ASSIGN_OR_RETURN(const AccountId id, DecodeAccountId(request->id()));
    return AnswerLink(options_.accounts->ResetPassword(caller, id), response);
  }());
}

}  // namespace mab::admin
