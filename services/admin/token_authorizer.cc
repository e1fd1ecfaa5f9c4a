#include "admin/token_authorizer.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/access_table.h"
#include "common/error.h"
#include "common/rpc_client_address.h"
#include "common/rpc_metadata.h"
#include "common/status_macros.h"
#include "storage/account_store.h"

namespace mab::admin {

TokenAuthorizer::TokenAuthorizer(const Options& options, const AccessTokens* tokens, PgPool* pool,
                                 const Clock* clock)
    : options_(options), tokens_(tokens), pool_(pool), clock_(clock) {}

absl::StatusOr<Caller> TokenAuthorizer::Authorize(const grpc::ServerContextBase& context,
                                                  absl::string_view method) const {
  const std::optional<Access> access = AccessOf(method);
  if (!access.has_value()) return PermissionDeniedError("nobody may call this method");
  MAB_ASSIGN_OR_RETURN(Caller caller, FindCaller(context, *access));
  caller.address = ClientAddress(context, options_.internal_secret);
  return caller;
}

absl::StatusOr<Caller> TokenAuthorizer::FindCaller(const grpc::ServerContextBase& context,
                                                   Access access) const {
  switch (access) {
    case Access::kPublic:
      return Caller();
    case Access::kInternal:
      MAB_RETURN_IF_ERROR(CheckInternalSecret(context, options_.internal_secret));
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
  MAB_ASSIGN_OR_RETURN(const TokenSubject subject, tokens_->Verify(*token));
  MAB_ASSIGN_OR_RETURN(Caller caller, FindInSession(subject));
  if (caller.role < minimum) {
    return PermissionDeniedError(
        absl::StrCat("needs the role ", storage::RoleName(minimum), " or a higher one"));
  }
  return caller;
}

absl::StatusOr<Caller> TokenAuthorizer::FindInSession(const TokenSubject& subject) const {
  if (subject.account_id.uuid.IsNil() && subject.session_id.IsNil() && options_.accept_operator) {
    Caller caller;
    caller.role = Role::kEditor;
    return caller;
  }
  std::optional<storage::Account> account;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(account, storage::AccountStore::FindInSession(
                                      db, subject.account_id, subject.session_id, clock_->Now()));
    return absl::OkStatus();
  }));
  if (!account.has_value()) return UnauthenticatedError("the session has ended: sign in again");
  return Caller{.account_id = account->id,
                .email = account->email,
                .role = account->role,
                .session_id = subject.session_id,
                .address = std::nullopt};
}

}  // namespace mab::admin
