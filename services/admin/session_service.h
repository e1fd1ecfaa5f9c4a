// SessionService: where somebody is signed in.
//
// Thread-safe.
#pragma once

#include <utility>

#include "admin/accounts.h"
#include "admin/authorizer.h"
#include "admin/own_sessions.h"
#include "mab/v1/session_service.grpc.pb.h"

namespace mab::admin {

class SessionServiceImpl final : public mab::v1::SessionService::Service {
 public:
  struct Options {
    // Not owned; all outlive the service.
    OwnSessions* own_sessions = nullptr;
    Accounts* accounts = nullptr;
    const Authorizer* authorizer = nullptr;
  };
  explicit SessionServiceImpl(Options options) : options_(std::move(options)) {}

  grpc::Status ListSessions(grpc::ServerContext* context,
                            const mab::v1::ListSessionsRequest* request,
                            mab::v1::ListSessionsResponse* response) override;
  grpc::Status EndSessions(grpc::ServerContext* context, const mab::v1::EndSessionsRequest* request,
                           mab::v1::EndSessionsResponse* response) override;
  grpc::Status EndAccountSessions(grpc::ServerContext* context,
                                  const mab::v1::EndAccountSessionsRequest* request,
                                  mab::v1::EndAccountSessionsResponse* response) override;

 private:
  const Options options_;
};

}  // namespace mab::admin
