#include "common/api_key.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/secret.h"

namespace mab {
namespace {

constexpr absl::string_view kPrefix = "mab_";
// Of 32 bytes, without padding.
constexpr size_t kRandomLength = 43;

bool IsBase64Url(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

}  // namespace

std::string NewApiKeySecret() { return absl::StrCat(kPrefix, RandomToken()); }

bool IsApiKey(absl::string_view token) { return absl::StartsWith(token, kPrefix); }

std::optional<std::string> HashApiKeySecret(absl::string_view secret) {
  if (!IsApiKey(secret) || secret.size() != kPrefix.size() + kRandomLength ||
      !std::all_of(secret.begin(), secret.end(), IsBase64Url)) {
    return std::nullopt;
  }
  return Sha256(secret);
}

}  // namespace mab
