// Accounts and sessions as messages.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "admin/accounts.h"
#include "admin/authorizer.h"
#include "admin/session.h"
#include "admin/time_codec.h"
#include "common/uuid.h"
#include "mab/v1/account_service.pb.h"

namespace mab::admin {

// ACCOUNT_NOT_FOUND for a text that is no id.
absl::StatusOr<AccountId> DecodeAccountId(absl::string_view id);
// INVALID_ARGUMENT for what is no role.
absl::StatusOr<Role> DecodeRole(mab::v1::Account::Role role);

// Without what it signs in with.
void EncodeAccount(const storage::Account& account, mab::v1::Account* out);

// LoginResponse, RefreshSessionResponse, SetUpResponse and SetPasswordResponse have the same
// fields. The refresh token is not among them.
template <typename Response>
void EncodeSession(const Session& session, Response* out) {
  out->set_access_token(session.access_token);
  out->set_token_type("Bearer");
  out->set_expires_in(static_cast<uint32_t>(absl::ToInt64Seconds(session.access_lifetime)));
  EncodeAccount(session.account, out->mutable_account());
}

// InviteAccountResponse and ResetAccountPasswordResponse.
template <typename Response>
void EncodeLink(const IssuedLink& link, Response* out) {
  EncodeAccount(link.account, out->mutable_account());
  out->set_token(link.token);
  *out->mutable_expire_time() = EncodeTime(link.expire_time);
}

}  // namespace mab::admin
