// What the admin service is told by its environment.
//
// Thread safety: a value type and pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/config.h"
#include "common/log.h"
#include "common/tls_files.h"

namespace mab::admin {

struct Options {
  bool production = false;
  LogLevel log_level = LogLevel::kInfo;
  std::string database_url;
  int pool_size = 4;
  std::string listen;
  std::string metrics_listen;
  // Where the assignment service is.
  std::string assignment_address;
  // Between our own processes.
  TlsFiles tls;
  std::string internal_secret;
  std::string jwt_secret;
  // Verifies, never signs. Empty: there is none.
  std::string jwt_secret_previous;
  int bcrypt_cost = 12;
  // How long rows of visitors are kept after their experiment was archived; 0: for ever.
  int retention_days = 0;
  // 16 bytes: visitors are known by the hash of their id under it.
  std::string user_hash_key;
  // Both empty: no administrator is made from the configuration.
  std::string admin_email;
  std::string admin_password;
  // Empty: no set-up link is open.
  std::string setup_token;
};

// For `serve`. FAILED_PRECONDITION with a line for each variable that is wrong.
absl::StatusOr<Options> ReadOptions(const Environment& environment);

struct MigrateOptions {
  std::string database_url;
  std::string migrations_directory;
  // Of the services, which are granted what they need; empty: they connect as the owner.
  std::string admin_database_url;
  std::string assignment_database_url;
};

// For `migrate`.
absl::StatusOr<MigrateOptions> ReadMigrateOptions(const Environment& environment);

// For `totals`: DATABASE_URL.
absl::StatusOr<std::string> ReadDatabaseUrl(const Environment& environment);

}  // namespace mab::admin
