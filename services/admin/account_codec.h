// Accounts and sessions as messages.
//
// Thread safety: pure functions.
#pragma once

#include "admin/authorizer.h"
#include "admin/session.h"
#include "mab/v1/account_service.pb.h"

namespace mab::admin {

void EncodeCaller(const Caller& caller, mab::v1::Account* out);

// LoginResponse, RefreshSessionResponse and SetUpResponse have the same fields. The refresh token
// is not among them.
template <typename Response>
void EncodeSession(const Session& session, Response* out) {
  out->set_access_token(session.access_token);
  out->set_token_type("Bearer");
  out->set_expires_in(static_cast<uint32_t>(absl::ToInt64Seconds(session.access_lifetime)));
  EncodeCaller(Caller{.account_id = session.account.id,
                      .email = session.account.email,
                      .role = session.account.role},
               out->mutable_account());
}

}  // namespace mab::admin
