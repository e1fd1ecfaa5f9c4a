#include "assignment/identity.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "assignment/durable_file.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr uint64_t kFileBytesMax = 1024;
constexpr char kDatabasePrefix[] = "database_id ";
constexpr char kFingerprintPrefix[] = "user_hash_key_fingerprint ";

std::optional<Identity> Parse(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  if (lines.size() != 2) return std::nullopt;
  absl::string_view database = lines[0];
  absl::string_view fingerprint = lines[1];
  if (!absl::ConsumePrefix(&database, kDatabasePrefix) ||
      !absl::ConsumePrefix(&fingerprint, kFingerprintPrefix)) {
    return std::nullopt;
  }
  const absl::StatusOr<Uuid> database_id = Uuid::Parse(database);
  if (!database_id.ok() || fingerprint.empty()) return std::nullopt;
  return Identity{*database_id, std::string(fingerprint)};
}

}  // namespace

absl::StatusOr<std::optional<Identity>> LoadIdentity(const std::string& path) {
  MAB_ASSIGN_OR_RETURN(const std::optional<std::string> text, ReadFile(path, kFileBytesMax));
  if (!text.has_value()) return std::nullopt;
  std::optional<Identity> identity = Parse(*text);
  if (!identity.has_value()) {
    return FailedPreconditionError(kReasonFailedPrecondition,
                                   absl::StrCat(path, " is damaged: restore it or remove it"));
  }
  return identity;
}

absl::Status SaveIdentity(const std::string& path, const Identity& identity) {
  return WriteFileDurably(path, absl::StrCat(kDatabasePrefix, identity.database_id.ToString(), "\n",
                                             kFingerprintPrefix, identity.key_fingerprint, "\n"));
}

}  // namespace mab::assignment
