#include "admin/account_page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::admin {
namespace {

// Other than those of the list of experiments.
constexpr char kVersion = 'a';
constexpr size_t kTokenBytes = 17;
// Of the base64 text; anything longer is not looked at.
constexpr size_t kTextBytesMax = 64;

}  // namespace

std::string MakeAccountPageToken(AccountId last) {
  return absl::WebSafeBase64Escape(absl::StrCat(std::string(1, kVersion), last.uuid.AsBytes()));
}

absl::StatusOr<AccountId> ParseAccountPageToken(absl::string_view token) {
  std::string bytes;
  if (token.size() <= kTextBytesMax && absl::WebSafeBase64Unescape(token, &bytes) &&
      bytes.size() == kTokenBytes && bytes[0] == kVersion) {
    const absl::StatusOr<Uuid> id = Uuid::FromBytes(absl::string_view(bytes).substr(1));
    if (id.ok()) return AccountId{*id};
  }
  return InvalidArgumentError("page_token", "must be the next_page_token of the page before");
}

}  // namespace mab::admin
