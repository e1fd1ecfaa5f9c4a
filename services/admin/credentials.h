// The rules for an e-mail address and a password. Used where an account is made, and by the
// configuration.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "common/error.h"

namespace mab::admin {

// RFC 5321: a path has 256 bytes with its brackets.
inline constexpr size_t kEmailBytesMax = 254;

// In lower case: one address is one account.
std::string NormalizeEmail(absl::string_view email);
// local@domain in printable ASCII without quotes, brackets, separators or spaces; at most
// kEmailBytesMax bytes.
bool IsEmail(absl::string_view email);

// What is wrong with a new password of the account with this address, under the name of its field:
// fewer than 12 characters (of UTF-8, not bytes), more than 1,024 bytes, or a common one.
void CheckNewPassword(absl::string_view field, absl::string_view password, absl::string_view email,
                      Violations& violations);
void CheckEmail(absl::string_view field, absl::string_view email, Violations& violations);
// What is wrong with them for a new account, under the names of the fields that they came in.
void CheckNewCredentials(absl::string_view email_field, absl::string_view email,
                         absl::string_view password_field, absl::string_view password,
                         Violations& violations);
// What is wrong with them for signing in: sizes alone.
void CheckLoginSizes(absl::string_view email, absl::string_view password, Violations& violations);

}  // namespace mab::admin
