#include "storage/api_key.h"

namespace mab::storage {

ApiKeyState StateOf(const ApiKey& key, absl::Time now) {
  if (key.revoke_time.has_value()) return ApiKeyState::kRevoked;
  if (key.expire_time.has_value() && *key.expire_time <= now) return ApiKeyState::kExpired;
  return ApiKeyState::kActive;
}

}  // namespace mab::storage
