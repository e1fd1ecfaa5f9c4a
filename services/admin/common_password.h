// Passwords that are guessed first: those that many people have, and what is made of them, of a
// keyboard's rows, of repetition, or of the account's own address.
//
// Thread safety: pure functions.
#pragma once

#include "absl/strings/string_view.h"

namespace mab::admin {

// Whether the password is one of third_party/common_passwords in any case; such a one with digits
// and signs around it, or with the usual ones in the place of letters ("P@ssw0rd-2026!"); two of
// them together; a text of at most a third of the length again and again; a row of the alphabet, of
// digits or of a keyboard; or has fewer than 8 characters besides parts of `email` and the
// product's name.
bool IsCommonPassword(absl::string_view password, absl::string_view email);

// The sorted lines of third_party/common_passwords/common_passwords.txt.
absl::string_view CommonPasswordList();

}  // namespace mab::admin
