// Who is calling, and whether he may. Every RPC of the admin service asks here first.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "common/uuid.h"
#include "storage/account.h"

namespace mab::admin {

using Role = storage::Role;

struct Caller {
  AccountId account_id;
  std::string email;
  Role role = Role::kViewer;
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // UNAUTHENTICATED without a valid access token, PERMISSION_DENIED where the role is less than
  // `minimum`.
  virtual absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                           Role minimum) const = 0;
};

}  // namespace mab::admin
