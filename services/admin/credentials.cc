#include "admin/credentials.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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

}  // namespace

std::string NormalizeEmail(absl::string_view email) { return absl::AsciiStrToLower(email); }

bool IsEmail(absl::string_view email) {
  if (email.size() > kEmailBytesMax) return false;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(email, absl::MaxSplits('@', 1));
  return IsEmailPart(parts.first) && IsEmailPart(parts.second);
}

void CheckNewCredentials(absl::string_view email_field, absl::string_view email,
                         absl::string_view password_field, absl::string_view password,
                         Violations& violations) {
  if (!IsEmail(email)) {
    violations.Add(email_field,
                   absl::StrCat("must be an e-mail address of at most ", kEmailBytesMax, " bytes"));
  }
  CheckSize(password_field, password, kPasswordBytesMin, kPasswordBytesMax, violations);
}

void CheckLoginSizes(absl::string_view email, absl::string_view password, Violations& violations) {
  CheckSize("email", email, 1, kEmailBytesMax, violations);
  CheckSize("password", password, 1, kPasswordBytesMax, violations);
}

}  // namespace mab::admin
