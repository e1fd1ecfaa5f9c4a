// Where the next page of the list of accounts begins. Opaque to clients: URL-safe base64 of a
// version and the last account of the page before. Not a secret and not signed.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/uuid.h"

namespace mab::admin {

std::string MakeAccountPageToken(AccountId last);
// INVALID_ARGUMENT naming `page_token` where the token is none.
absl::StatusOr<AccountId> ParseAccountPageToken(absl::string_view token);

}  // namespace mab::admin
