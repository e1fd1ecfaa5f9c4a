#include "admin/token_authorizer.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/rpc_metadata.h"
#include "common/status_macros.h"

namespace mab::admin {

absl::StatusOr<Caller> TokenAuthorizer::Authorize(const grpc::ServerContextBase& context,
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
