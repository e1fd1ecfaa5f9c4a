// Signing in and out, and the first administrator.
//
// Refresh tokens travel in metadata `mab-refresh-token`, in both directions, and are in no message.
//
// Thread-safe.
#pragma once

#include "admin/authorizer.h"
#include "admin/first_account.h"
#include "admin/session.h"
#include "mab/v1/account_service.grpc.pb.h"

namespace mab::admin {

class AccountServiceImpl final : public mab::v1::AccountService::Service {
 public:
  // Nothing is owned; all outlive this.
  AccountServiceImpl(Sessions* sessions, FirstAccount* first_account, const Authorizer* authorizer);

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

 private:
  Sessions* const sessions_;
  FirstAccount* const first_account_;
  const Authorizer* const authorizer_;
};

}  // namespace mab::admin
