#include "admin/options.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/credentials.h"
#include "admin/password.h"
#include "admin/retention_job.h"
#include "common/plaintext.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

// As many as the keys of HMAC-SHA-256 have.
constexpr size_t kSecretBytesMin = 32;
constexpr size_t kSetupTokenBytesMin = 16;

void ReadFirstAccount(ConfigReader& reader, Options& options) {
  options.admin_email = reader.String("MAB_ADMIN_EMAIL", "");
  options.admin_password = reader.String("MAB_ADMIN_PASSWORD", "");
  options.setup_token = reader.String("MAB_SETUP_TOKEN", "");
  if (!options.setup_token.empty() && options.setup_token.size() < kSetupTokenBytesMin) {
    reader.AddViolation("MAB_SETUP_TOKEN",
                        absl::StrCat("must have at least ", kSetupTokenBytesMin, " bytes"));
  }
  if (options.admin_email.empty() != options.admin_password.empty()) {
    reader.AddViolation(options.admin_email.empty() ? "MAB_ADMIN_EMAIL" : "MAB_ADMIN_PASSWORD",
                        "must be set as well: MAB_ADMIN_EMAIL and MAB_ADMIN_PASSWORD go together");
    return;
  }
  if (options.admin_email.empty()) return;
  Violations violations;
  CheckNewCredentials("MAB_ADMIN_EMAIL", options.admin_email, "MAB_ADMIN_PASSWORD",
                      options.admin_password, violations);
  for (const FieldViolation& violation : ErrorViolations(violations.ToStatus())) {
    reader.AddViolation(violation.field, violation.description);
  }
}

}  // namespace

absl::StatusOr<Options> ReadOptions(const Environment& environment) {
  ConfigReader reader(environment);
  Options options;
  options.production =
      reader.OneOf("ENV", "development", {"development", "production"}) == "production";
  options.log_level =
      ParseLogLevel(reader.OneOf("LOG_LEVEL", "info", {"debug", "info", "warning", "error"}));
  options.database_url = reader.String("MAB_ADMIN_DATABASE_URL", "");
  if (options.database_url.empty()) options.database_url = reader.RequiredString("DATABASE_URL");
  options.pool_size = static_cast<int>(reader.Integer("MAB_DB_POOL_SIZE", 4, 1, 64));
  options.listen = reader.String("MAB_ADMIN_LISTEN", "127.0.0.1:8011");
  options.metrics_listen = reader.String("MAB_ADMIN_METRICS_LISTEN", "127.0.0.1:8021");
  options.assignment_address = reader.String("MAB_ASSIGNMENT_ADDRESS", "127.0.0.1:8010");
  options.tls = ReadTlsFiles(reader);
  CheckPlaintext(reader, options.production, options.tls,
                 {{"MAB_ADMIN_LISTEN", options.listen},
                  {"MAB_ASSIGNMENT_ADDRESS", options.assignment_address}});
  options.internal_secret = reader.RequiredSecret("MAB_INTERNAL_SECRET", kSecretBytesMin);
  options.jwt_secret = reader.RequiredSecret("JWT_SECRET", kSecretBytesMin);
  options.jwt_secret_previous = reader.String("JWT_SECRET_PREVIOUS", "");
  if (!options.jwt_secret_previous.empty() &&
      options.jwt_secret_previous.size() < kSecretBytesMin) {
    reader.AddViolation("JWT_SECRET_PREVIOUS",
                        absl::StrCat("must have at least ", kSecretBytesMin, " bytes"));
  }
  options.bcrypt_cost =
      static_cast<int>(reader.Integer("MAB_BCRYPT_COST", 12, kBcryptCostMin, kBcryptCostMax));
  options.retention_days =
      static_cast<int>(reader.Integer("MAB_RETENTION_DAYS", 0, 0, kRetentionDaysMax));
  options.user_hash_key = reader.RequiredKey128("MAB_USER_HASH_KEY");
  ReadFirstAccount(reader, options);
  MAB_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<MigrateOptions> ReadMigrateOptions(const Environment& environment) {
  ConfigReader reader(environment);
  MigrateOptions options;
  options.database_url = reader.RequiredString("DATABASE_URL");
  options.admin_database_url = reader.String("MAB_ADMIN_DATABASE_URL", "");
  options.assignment_database_url = reader.String("MAB_ASSIGNMENT_DATABASE_URL", "");
  options.migrations_directory = reader.String("MAB_MIGRATIONS_DIR", "migrations");
  MAB_RETURN_IF_ERROR(reader.status());
  return options;
}

absl::StatusOr<std::string> ReadDatabaseUrl(const Environment& environment) {
  ConfigReader reader(environment);
  std::string url = reader.RequiredString("DATABASE_URL");
  MAB_RETURN_IF_ERROR(reader.status());
  return url;
}

}  // namespace mab::admin
