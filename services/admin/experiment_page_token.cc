#include "admin/experiment_page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

constexpr char kVersion = 1;
constexpr size_t kFingerprintBytes = 8;
constexpr size_t kIdBytes = 16;
constexpr size_t kTokenBytes = 1 + kFingerprintBytes + kIdBytes;
// Of the base64 text; anything longer is not looked at.
constexpr size_t kTextBytesMax = 64;

std::string Fingerprint(const ExperimentFilter& filter) {
  const absl::string_view state = filter.state.has_value() ? StateName(*filter.state) : "";
  return HashToken(absl::StrCat(state, "\n", filter.text)).substr(0, kFingerprintBytes);
}

}  // namespace

std::string MakePageToken(const ExperimentFilter& filter, ExperimentId last) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(std::string(1, kVersion), Fingerprint(filter), last.uuid.AsBytes()));
}

absl::StatusOr<ExperimentId> ParsePageToken(const ExperimentFilter& filter,
                                            absl::string_view token) {
  std::string bytes;
  if (token.size() > kTextBytesMax || !absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() != kTokenBytes || bytes[0] != kVersion) {
    return InvalidArgumentError("page_token", "must be the next_page_token of the page before");
  }
  const absl::string_view rest = absl::string_view(bytes).substr(1);
  if (rest.substr(0, kFingerprintBytes) != Fingerprint(filter)) {
    return InvalidArgumentError("page_token",
                                "must be used with the state and q of the page before");
  }
  const auto id = Uuid::FromBytes(rest.substr(kFingerprintBytes));
  if (!id.ok()) return InternalError("a page token's id");
  return ExperimentId{*id};
}

}  // namespace mab::admin
