// Authorizes by access token and the access table: the account and its role are what the token
// says.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/access_token.h"
#include "admin/authorizer.h"

namespace mab::admin {

class TokenAuthorizer final : public Authorizer {
 public:
  // `internal_secret` opens the internal methods; where it is empty nothing does. `tokens` is not
  // owned, and outlives this.
  TokenAuthorizer(std::string internal_secret, const AccessTokens* tokens)
      : internal_secret_(std::move(internal_secret)), tokens_(tokens) {}

  absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                   absl::string_view method) const override;

 private:
  absl::StatusOr<Caller> AuthorizeRole(const grpc::ServerContextBase& context, Role minimum) const;

  const std::string internal_secret_;
  const AccessTokens* const tokens_;
};

}  // namespace mab::admin
