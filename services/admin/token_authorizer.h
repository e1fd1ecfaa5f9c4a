// Authorizes by access token: the account and its role are what the token says.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"
#include "admin/access_token.h"
#include "admin/authorizer.h"

namespace mab::admin {

class TokenAuthorizer final : public Authorizer {
 public:
  // `tokens` is not owned, and outlives this.
  explicit TokenAuthorizer(const AccessTokens* tokens) : tokens_(tokens) {}

  absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                   Role minimum) const override;

 private:
  const AccessTokens* const tokens_;
};

}  // namespace mab::admin
