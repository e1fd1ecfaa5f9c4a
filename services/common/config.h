// Configuration from the environment. A reader gathers everything that is wrong, so that one error at start lists it
// all.
//
//   ConfigReader reader(EnvironmentOfProcess());
//   options.listen = reader.String("MAB_ADMIN_LISTEN", "127.0.0.1:8011");
//   options.pool_size = reader.Integer("MAB_DB_POOL_SIZE", 4, 1, 64);
//   MAB_RETURN_IF_ERROR(reader.status());
//
// An empty variable counts as unset. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mab {

// Looks a variable up: nullopt where it is not set.
using Environment = std::function<std::optional<std::string>(absl::string_view name)>;
Environment EnvironmentOfProcess();

class ConfigReader {
 public:
  explicit ConfigReader(Environment environment);

  std::string String(absl::string_view name, absl::string_view fallback);
  // A violation when unset.
  std::string RequiredString(absl::string_view name);
  // A secret of at least `min_bytes` bytes; its value is never in a message.
  std::string RequiredSecret(absl::string_view name, size_t min_bytes);
  int64_t Integer(absl::string_view name, int64_t fallback, int64_t min, int64_t max);
  bool Bool(absl::string_view name, bool fallback);  // true|false|1|0
  // "250ms", "2s", "5m", "1h" (absl::ParseDuration).
  absl::Duration Duration(absl::string_view name, absl::Duration fallback, absl::Duration min,
                          absl::Duration max);
  std::string OneOf(absl::string_view name, absl::string_view fallback,
                    const std::vector<std::string>& allowed);
  // 16 bytes as 32 hexadecimal digits. A violation when unset.
  std::string RequiredKey128(absl::string_view name);

  // For rules between variables.
  void AddViolation(absl::string_view name, absl::string_view description);
  // OK, or FAILED_PRECONDITION with a line a problem: "configuration: 2 problems\n  JWT_SECRET: …\n  PORT: …".
  absl::Status status() const;

 private:
  std::optional<std::string> Get(absl::string_view name) const;

  Environment environment_;
  std::vector<std::string> problems_;
};

}  // namespace mab
