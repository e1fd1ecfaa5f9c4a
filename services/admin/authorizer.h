// Who is calling, and whether he may. Every RPC of the admin service asks here first.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/uuid.h"
#include "storage/account.h"
#include "storage/audit_store.h"

namespace mab::admin {

using Role = storage::Role;

struct Caller {
  // Nil where it is no account that calls.
  AccountId account_id;
  std::string email;
  Role role = Role::kViewer;
  // The session that he signed in with; nil where there is none.
  Uuid session_id;
  // Where an API key calls: `role` is then what it may do, and there is no account.
  std::optional<ApiKeyId> api_key_id;
  // Of the client (common/rpc_client_address.h); nullopt where it is not known.
  std::optional<std::string> address;

  storage::AuditActor AsActor() const {
    return {.account_id = account_id.uuid.IsNil() ? std::nullopt : std::optional(account_id),
            .api_key_id = api_key_id,
            .address = address};
  }
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Whether the caller may call `method`, "mab.v1.ExperimentService/GetExperiment", by the access
  // table; a public or internal method is called by nobody in particular: the answer is then a
  // Caller with an address alone. UNAUTHENTICATED without a valid access token or API key or, for
  // internal methods, without the internal secret; PERMISSION_DENIED where the role is too low, the
  // key lacks the scope, or the method is not in the table.
  virtual absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                           absl::string_view method) const = 0;
};

}  // namespace mab::admin
