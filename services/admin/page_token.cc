#include "admin/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/secret.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr char kVersion = 1;
constexpr size_t kFingerprintBytes = 8;
// Of the base64 text; anything longer is not looked at.
constexpr size_t kTextBytesMax = 64;

std::string Fingerprint(absl::string_view listed) {
  return HashToken(listed).substr(0, kFingerprintBytes);
}

}  // namespace

absl::StatusOr<int> ParsePageSize(uint32_t page_size) {
  Violations violations;
  const int size = ParsePageSize(page_size, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return size;
}

int ParsePageSize(uint32_t page_size, Violations& violations) {
  if (page_size > kPageSizeMax) {
    violations.Add("page_size", absl::StrCat("must be 1 to ", kPageSizeMax));
    return kPageSizeMax;
  }
  return static_cast<int>(page_size == 0 ? kPageSizeDefault : page_size);
}

std::string MakePageToken(absl::string_view listed, absl::string_view position) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(std::string(1, kVersion), Fingerprint(listed), position));
}

absl::StatusOr<std::string> ParsePageToken(absl::string_view listed, absl::string_view filters,
                                           size_t position_bytes, absl::string_view token) {
  std::string bytes;
  if (token.size() > kTextBytesMax || !absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() != 1 + kFingerprintBytes + position_bytes || bytes[0] != kVersion) {
    return InvalidArgumentError("page_token", "must be the next_page_token of the page before");
  }
  if (bytes.substr(1, kFingerprintBytes) != Fingerprint(listed)) {
    return InvalidArgumentError("page_token",
                                absl::StrCat("must be used with ", filters, " of the page before"));
  }
  return bytes.substr(1 + kFingerprintBytes);
}

std::string MakeIdPageToken(absl::string_view listed, const Uuid& id) {
  return MakePageToken(listed, id.AsBytes());
}

absl::StatusOr<Uuid> ParseIdPageToken(absl::string_view listed, absl::string_view filters,
                                      absl::string_view token) {
  MAB_ASSIGN_OR_RETURN(const std::string position,
                       ParsePageToken(listed, filters, Uuid().bytes.size(), token));
  return Uuid::FromBytes(position);
}

}  // namespace mab::admin
