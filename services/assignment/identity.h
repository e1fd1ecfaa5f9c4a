// To which database and to which user hash key a data directory belongs. Kept in the directory, so
// that a start without PostgreSQL can check it as well: under another key every known visitor would
// be a stranger, and another database's assignments are somebody else's.
//
// Thread safety: a value type and pure functions.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/uuid.h"

namespace mab::assignment {

struct Identity {
  Uuid database_id;
  // Of the key: storage::UserKey::fingerprint.
  std::string key_fingerprint;

  friend bool operator==(const Identity&, const Identity&) = default;
};

// nullopt where there is no such file. FAILED_PRECONDITION when it is not one of these.
// UNAVAILABLE: ReadFile's.
absl::StatusOr<std::optional<Identity>> LoadIdentity(const std::string& path);
absl::Status SaveIdentity(const std::string& path, const Identity& identity);

}  // namespace mab::assignment
