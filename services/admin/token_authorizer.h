// Authorizes by access token or API key, and the access table. The token says which account and
// which session; whether both still live, and what the account may do, is asked of the database
// with each call: who is disabled, signs out or loses a role, does so with the next call. A key is
// looked up in the same way: it is revoked with its next call.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/access_table.h"
#include "admin/access_token.h"
#include "admin/api_key_uses.h"
#include "admin/authorizer.h"
#include "common/clock.h"
#include "common/postgres.h"

namespace mab::admin {

class TokenAuthorizer final : public Authorizer {
 public:
  struct Options {
    // Opens the internal methods, and is what a caller is believed beside for whom he calls; where
    // it is empty nothing is.
    std::string internal_secret;
    // Whether a token that names no account and no session (both ids nil) is an editor's: whoever
    // has the secret signs it, as the demo does. Never in production.
    bool accept_operator = false;
  };
  // Nothing is owned; all outlive this. `key_uses` is told which keys are used.
  TokenAuthorizer(const Options& options, const AccessTokens* tokens, PgPool* pool,
                  ApiKeyUses* key_uses, const Clock* clock);

  // UNAVAILABLE too, where the database is away.
  absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                   absl::string_view method) const override;

 private:
  // Without his address. `who`, here and below: the account or the API key as far as it is known,
  // also where he may not.
  absl::StatusOr<Caller> FindCaller(const grpc::ServerContextBase& context,
                                    absl::string_view method, std::string& who) const;
  absl::StatusOr<Caller> AuthorizeRole(const grpc::ServerContextBase& context, Role minimum,
                                       KeyScope key_scope, std::string& who) const;
  absl::StatusOr<Caller> AuthorizeKey(absl::string_view secret, KeyScope scope,
                                      std::string& who) const;
  absl::StatusOr<Caller> FindInSession(const TokenSubject& subject) const;

  const Options options_;
  const AccessTokens* const tokens_;
  PgPool* const pool_;
  ApiKeyUses* const key_uses_;
  const Clock* const clock_;
};

}  // namespace mab::admin
