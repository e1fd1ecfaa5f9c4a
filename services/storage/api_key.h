// A key by which a service calls, as the table keeps it.
//
// Thread safety: value types and pure functions.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/api_key.h"
#include "common/uuid.h"

namespace mab::storage {

// What a key may do; writing includes reading.
struct ApiKeyScopes {
  bool read = false;
  bool write = false;
  bool assign = false;
  friend bool operator==(const ApiKeyScopes&, const ApiKeyScopes&) = default;
};

struct ApiKey {
  ApiKeyId id;
  std::string name;
  std::string hint;
  std::string secret_hash;  // 32 bytes
  ApiKeyScopes scopes;
  absl::Time create_time;
  std::optional<AccountId> created_by;
  // Of created_by; empty where there is no such account. Output only.
  std::string created_by_email;
  std::optional<absl::Time> expire_time;
  std::optional<absl::Time> last_use_time;
  std::optional<absl::Time> revoke_time;
  // What it evaluates in bulk counts as shown.
  bool bulk_exposes = false;
  // Visitors can read it.
  bool publishable = false;
};

// A key that may assign, as far as the assignment service must know it.
struct CallerKey {
  ApiKeyId id;
  std::string secret_hash;
  std::optional<absl::Time> expire_time;
  bool bulk_exposes = false;
  bool publishable = false;
  friend bool operator==(const CallerKey&, const CallerKey&) = default;
};

enum class ApiKeyState { kActive, kExpired, kRevoked };

// A revoked key is revoked, whether or not it has expired too.
ApiKeyState StateOf(const ApiKey& key, absl::Time now);

}  // namespace mab::storage
