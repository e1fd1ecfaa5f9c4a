#include "admin/credentials.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin/common_password.h"
#include "admin/password.h"

namespace mab::admin {
namespace {

bool IsEmailByte(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
         !absl::StrContains("\"(),:;<>[\\]@", c);
}

bool IsEmailPart(absl::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), IsEmailByte);
}

void CheckSize(absl::string_view field, absl::string_view text, size_t min, size_t max,
               Violations& violations) {
  if (text.size() >= min && text.size() <= max) return;
  violations.Add(field, absl::StrCat("must be ", min, " to ", max, " bytes"));
}

// Of UTF-8: bytes that do not continue a character.
size_t CharacterCount(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string NormalizeEmail(absl::string_view email) { return absl::AsciiStrToLower(email); }

bool IsEmail(absl::string_view email) {
  if (email.size() > kEmailBytesMax) return false;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(email, absl::MaxSplits('@', 1));
  return IsEmailPart(parts.first) && IsEmailPart(parts.second);
}

void CheckEmail(absl::string_view field, absl::string_view email, Violations& violations) {
  if (IsEmail(email)) return;
  violations.Add(field,
                 absl::StrCat("must be an e-mail address of at most ", kEmailBytesMax, " bytes"));
}

void CheckNewPassword(absl::string_view field, absl::string_view password, absl::string_view email,
                      Violations& violations) {
  if (CharacterCount(password) < kPasswordCharactersMin) {
    violations.Add(field, absl::StrCat("must have at least ", kPasswordCharactersMin,
                                       " characters; a few words in a row will do"));
  } else if (password.size() > kPasswordBytesMax) {
    violations.Add(field, absl::StrCat("must have at most ", kPasswordBytesMax, " bytes"));
  } else if (IsCommonPassword(password, email)) {
    violations.Add(field,
                   "is too easy to guess: it is a common password, a simple pattern, or close to "
                   "the e-mail address");
  }
}

void CheckNewCredentials(absl::string_view email_field, absl::string_view email,
                         absl::string_view password_field, absl::string_view password,
                         Violations& violations) {
  CheckEmail(email_field, email, violations);
  CheckNewPassword(password_field, password, email, violations);
}

void CheckLoginSizes(absl::string_view email, absl::string_view password, Violations& violations) {
  CheckSize("email", email, 1, kEmailBytesMax, violations);
  CheckSize("password", password, 1, kPasswordBytesMax, violations);
}

}  // namespace mab::admin
