// An authorizer for the tests of services: it has the access table, and believes who the caller
// says he is: "VIEWER", "EDITOR" or "ADMIN" in the metadata `role`, from 203.0.113.5.
#pragma once

#include <optional>
#include <string>

#include "admin/access_table.h"
#include "admin/authorizer.h"
#include "common/error.h"
#include "common/rpc_metadata.h"
#include "common/status_macros.h"

namespace mab::admin {

class FakeAuthorizer final : public Authorizer {
 public:
  static constexpr char kInternalSecret[] = "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii";

  absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                   absl::string_view method) const override {
    const std::optional<AccessRow> row = AccessOf(method);
    if (!row.has_value()) return PermissionDeniedError("not in the access table");
    const Access access = row->access;
    if (access == Access::kPublic) return Caller();
    if (access == Access::kInternal) {
      MAB_RETURN_IF_ERROR(CheckInternalSecret(context, kInternalSecret));
      return Caller();
    }
    const std::optional<Role> role =
        storage::RoleFromName(MetadataValue(context, "role").value_or(""));
    if (!role.has_value()) return UnauthenticatedError("sign in");
    const Role minimum = access == Access::kViewer   ? Role::kViewer
                         : access == Access::kEditor ? Role::kEditor
                                                     : Role::kAdmin;
    if (*role < minimum) return PermissionDeniedError("too low a role");
    Caller caller;
    caller.account_id = AccountId{Uuid::NewV7(absl::FromUnixSeconds(1'795'392'000))};
    caller.role = *role;
    caller.address = "203.0.113.5";
    return caller;
  }
};

}  // namespace mab::admin
