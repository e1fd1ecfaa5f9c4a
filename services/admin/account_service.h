// Signing in and out, the first administrator, people's own passwords, and what administrators do
// with accounts.
//
// Refresh tokens travel in metadata `mab-refresh-token`, in both directions, and are in no message.
//
// Thread-safe.
#pragma once

#include "admin/accounts.h"
#include "admin/authorizer.h"
#include "admin/first_account.h"
#include "admin/own_password.h"
#include "admin/session.h"
#include "mab/v1/account_service.grpc.pb.h"

namespace mab::admin {

class AccountServiceImpl final : public mab::v1::AccountService::Service {
 public:
  struct Options {
    // Nothing is owned; all outlive the service.
    Sessions* sessions;
    FirstAccount* first_account;
    OwnPassword* own_password;
    Accounts* accounts;
    const Authorizer* authorizer;
  };
  explicit AccountServiceImpl(const Options& options) : options_(options) {}

  grpc::Status Login(grpc::ServerContext* context, const mab::v1::LoginRequest* request,
                     mab::v1::LoginResponse* response) override;
  grpc::Status RefreshSession(grpc::ServerContext* context,
                              const mab::v1::RefreshSessionRequest* request,
                              mab::v1::RefreshSessionResponse* response) override;
  grpc::Status Logout(grpc::ServerContext* context, const mab::v1::LogoutRequest* request,
                      mab::v1::LogoutResponse* response) override;
  grpc::Status GetCurrentAccount(grpc::ServerContext* context,
                                 const mab::v1::GetCurrentAccountRequest* request,
                                 mab::v1::GetCurrentAccountResponse* response) override;
  grpc::Status SetUp(grpc::ServerContext* context, const mab::v1::SetUpRequest* request,
                     mab::v1::SetUpResponse* response) override;
  grpc::Status SetPassword(grpc::ServerContext* context, const mab::v1::SetPasswordRequest* request,
                           mab::v1::SetPasswordResponse* response) override;
  grpc::Status ChangePassword(grpc::ServerContext* context,
                              const mab::v1::ChangePasswordRequest* request,
                              mab::v1::ChangePasswordResponse* response) override;
  grpc::Status ListAccounts(grpc::ServerContext* context,
                            const mab::v1::ListAccountsRequest* request,
                            mab::v1::ListAccountsResponse* response) override;
  grpc::Status GetAccount(grpc::ServerContext* context, const mab::v1::GetAccountRequest* request,
                          mab::v1::GetAccountResponse* response) override;
  grpc::Status InviteAccount(grpc::ServerContext* context,
                             const mab::v1::InviteAccountRequest* request,
                             mab::v1::InviteAccountResponse* response) override;
  grpc::Status ChangeAccountRole(grpc::ServerContext* context,
                                 const mab::v1::ChangeAccountRoleRequest* request,
                                 mab::v1::ChangeAccountRoleResponse* response) override;
  grpc::Status DisableAccount(grpc::ServerContext* context,
                              const mab::v1::DisableAccountRequest* request,
                              mab::v1::DisableAccountResponse* response) override;
  grpc::Status EnableAccount(grpc::ServerContext* context,
                             const mab::v1::EnableAccountRequest* request,
                             mab::v1::EnableAccountResponse* response) override;
  grpc::Status ResetAccountPassword(grpc::ServerContext* context,
                                    const mab::v1::ResetAccountPasswordRequest* request,
                                    mab::v1::ResetAccountPasswordResponse* response) override;

 private:
  absl::StatusOr<Caller> Authorize(const grpc::ServerContext& context,
                                   absl::string_view method) const {
    return options_.authorizer->Authorize(context, method);
  }
  // A sign-in also ends the session that the client had.
  template <typename Response>
  absl::Status AnswerSignIn(const absl::StatusOr<Session>& session, grpc::ServerContext& context,
                            Response* response);
  template <typename Response>
  absl::Status AnswerSession(const absl::StatusOr<Session>& session, grpc::ServerContext& context,
                             Response* response);

  const Options options_;
};

}  // namespace mab::admin
