#include "admin/token_authorizer.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/access_table.h"
#include "common/error.h"
#include "common/rpc_metadata.h"
#include "common/status_macros.h"

namespace mab::admin {

absl::StatusOr<Caller> TokenAuthorizer::Authorize(const grpc::ServerContextBase& context,
                                                  absl::string_view method) const {
  const std::optional<Access> access = AccessOf(method);
  if (!access.has_value()) return PermissionDeniedError("nobody may call this method");
  switch (*access) {
    case Access::kPublic:
      return Caller();
    case Access::kInternal:
      MAB_RETURN_IF_ERROR(CheckInternalSecret(context, internal_secret_));
      return Caller();
    case Access::kViewer:
      return AuthorizeRole(context, Role::kViewer);
    case Access::kEditor:
      return AuthorizeRole(context, Role::kEditor);
    case Access::kAdmin:
      return AuthorizeRole(context, Role::kAdmin);
  }
  std::abort();
}

absl::StatusOr<Caller> TokenAuthorizer::AuthorizeRole(const grpc::ServerContextBase& context,
                                                      Role minimum) const {
  const std::optional<std::string> token = BearerToken(context);
  if (!token.has_value()) return UnauthenticatedError("sign in first: the access token is missing");
  MAB_ASSIGN_OR_RETURN(Caller caller, tokens_->Verify(*token));
  if (caller.role < minimum) {
    return PermissionDeniedError(
        absl::StrCat("needs the role ", storage::RoleName(minimum), " or a higher one"));
  }
  return caller;
}

}  // namespace mab::admin
