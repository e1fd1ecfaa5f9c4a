// What administrators do with API keys: list, make, revoke. A key belongs to the organization, and
// not to whoever made it. Each change is in the audit log in the same transaction, without a
// character of the secret.
//
// Errors: API_KEY_NOT_FOUND, FAILED_PRECONDITION, INVALID_ARGUMENT, UNAVAILABLE.
//
// Thread-safe; also between processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/authorizer.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/postgres.h"
#include "common/uuid.h"
#include "storage/api_key.h"

namespace mab::admin {

struct ApiKeyPage {
  std::vector<storage::ApiKey> keys;
  std::string next_page_token;  // empty: this was the last page
};

struct ApiKeyRequest {
  std::string name;
  storage::ApiKeyScopes scopes;
  std::optional<absl::Time> expire_time;
  bool bulk_exposes = false;
  bool publishable = false;
  // What of the request could not be represented here. Reported together with what the rules find.
  Violations violations;
};

struct IssuedApiKey {
  storage::ApiKey key;
  // This is the only time that it is seen.
  std::string secret;
};

class ApiKeys {
 public:
  static constexpr int64_t kActiveMax = 200;
  static constexpr size_t kNameCharactersMax = 100;
  static constexpr absl::Duration kLifetimeMin = absl::Minutes(1);
  static constexpr absl::Duration kLifetimeMax = absl::Hours(24 * 3650);

  // Nothing is owned; all outlive this. `on_change` is called after each change, in the caller's
  // thread, and must not block.
  ApiKeys(
      PgPool* pool, const Clock* clock, std::function<void()> on_change = [] {})
      : pool_(pool), clock_(clock), on_change_(std::move(on_change)) {}

  // Newest first. A page has 1 to 100 keys; 0 means 25.
  absl::StatusOr<ApiKeyPage> List(uint32_t page_size, absl::string_view page_token);
  absl::StatusOr<storage::ApiKey> Get(ApiKeyId id);
  absl::StatusOr<IssuedApiKey> Create(const Caller& actor, const ApiKeyRequest& request);
  // A key that is revoked already stays as it is.
  absl::StatusOr<storage::ApiKey> Revoke(const Caller& actor, ApiKeyId id);

 private:
  absl::Time Now() const;

  PgPool* const pool_;
  const Clock* const clock_;
  const std::function<void()> on_change_;
};

}  // namespace mab::admin
