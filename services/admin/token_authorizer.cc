#include "admin/token_authorizer.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/access_table.h"
#include "admin/security_log.h"
#include "common/api_key.h"
#include "common/error.h"
#include "common/rpc_client_address.h"
#include "common/rpc_metadata.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/account_store.h"
#include "storage/api_key_store.h"

namespace mab::admin {
namespace {

// The same whatever is wrong with it: whoever guesses learns nothing.
absl::Status NoSuchKey() {
  return UnauthenticatedError("the API key is unknown, expired or revoked");
}

bool Opens(const storage::ApiKeyScopes& scopes, KeyScope scope) {
  switch (scope) {
    case KeyScope::kNone:
      return false;
    case KeyScope::kRead:
      return scopes.read || scopes.write;
    case KeyScope::kWrite:
      return scopes.write;
  }
  std::abort();
}

absl::Status ScopeIsMissing(KeyScope scope) {
  switch (scope) {
    case KeyScope::kNone:
      return PermissionDeniedError("no API key may call this: sign in");
    case KeyScope::kRead:
      return PermissionDeniedError("needs an API key with the scope READ or WRITE");
    case KeyScope::kWrite:
      return PermissionDeniedError("needs an API key with the scope WRITE");
  }
  std::abort();
}

}  // namespace

TokenAuthorizer::TokenAuthorizer(const Options& options, const AccessTokens* tokens, PgPool* pool,
                                 ApiKeyUses* key_uses, const Clock* clock)
    : options_(options), tokens_(tokens), pool_(pool), key_uses_(key_uses), clock_(clock) {}

absl::StatusOr<Caller> TokenAuthorizer::Authorize(const grpc::ServerContextBase& context,
                                                  absl::string_view method) const {
  const std::optional<std::string> address = ClientAddress(context, options_.internal_secret);
  std::string who;
  absl::StatusOr<Caller> caller = FindCaller(context, method, who);
  if (caller.ok()) {
    caller->address = address;
  } else if (absl::IsPermissionDenied(caller.status()) ||
             (absl::IsUnauthenticated(caller.status()) && BearerToken(context).has_value())) {
    LogRefusedCall(method, who, caller.status(), address);
  }
  return caller;
}

absl::StatusOr<Caller> TokenAuthorizer::FindCaller(const grpc::ServerContextBase& context,
                                                   absl::string_view method,
                                                   std::string& who) const {
  const std::optional<AccessRow> row = AccessOf(method);
  if (!row.has_value()) return PermissionDeniedError("nobody may call this method");
  switch (row->access) {
    case Access::kPublic:
      return Caller();
    case Access::kInternal:
      MAB_RETURN_IF_ERROR(CheckInternalSecret(context, options_.internal_secret));
      return Caller();
    case Access::kViewer:
      return AuthorizeRole(context, Role::kViewer, row->key_scope, who);
    case Access::kEditor:
      return AuthorizeRole(context, Role::kEditor, row->key_scope, who);
    case Access::kAdmin:
      return AuthorizeRole(context, Role::kAdmin, row->key_scope, who);
  }
  std::abort();
}

absl::StatusOr<Caller> TokenAuthorizer::AuthorizeRole(const grpc::ServerContextBase& context,
                                                      Role minimum, KeyScope key_scope,
                                                      std::string& who) const {
  const std::optional<std::string> token = BearerToken(context);
  if (!token.has_value()) return UnauthenticatedError("sign in first: the access token is missing");
  if (IsApiKey(*token)) return AuthorizeKey(*token, key_scope, who);
  MAB_ASSIGN_OR_RETURN(const TokenSubject subject, tokens_->Verify(*token));
  who = absl::StrCat("account ", subject.account_id.ToString());
  MAB_ASSIGN_OR_RETURN(Caller caller, FindInSession(subject));
  if (caller.role < minimum) {
    return PermissionDeniedError(
        absl::StrCat("needs the role ", storage::RoleName(minimum), " or a higher one"));
  }
  return caller;
}

absl::StatusOr<Caller> TokenAuthorizer::AuthorizeKey(absl::string_view secret, KeyScope scope,
                                                     std::string& who) const {
  const std::optional<std::string> hash = HashApiKeySecret(secret);
  if (!hash.has_value()) return NoSuchKey();
  std::optional<storage::ApiKey> key;
  MAB_RETURN_IF_ERROR(pool_->ReadTransaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(key, storage::ApiKeyStore::FindBySecretHash(db, *hash));
    return absl::OkStatus();
  }));
  if (!key.has_value() || !ConstantTimeEquals(key->secret_hash, *hash) ||
      storage::StateOf(*key, clock_->Now()) != storage::ApiKeyState::kActive) {
    return NoSuchKey();
  }
  who = absl::StrCat("API key ", key->id.ToString());
  key_uses_->Note(key->id);
  if (!Opens(key->scopes, scope)) return ScopeIsMissing(scope);
  return Caller{.account_id = {},
                .email = "",
                .role = key->scopes.write ? Role::kEditor : Role::kViewer,
                .session_id = {},
                .api_key_id = key->id,
                .address = std::nullopt};
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
                .api_key_id = std::nullopt,
                .address = std::nullopt};
}

}  // namespace mab::admin
