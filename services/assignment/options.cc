#include "assignment/options.h"

#include <utility>

#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr size_t kInternalSecretBytesMin = 32;

}  // namespace

absl::StatusOr<Options> ReadOptions(Environment environment) {
  ConfigReader reader(std::move(environment));
  Options options;
  options.database_url = reader.RequiredString("DATABASE_URL");
  options.production =
      reader.OneOf("ENV", "development", {"development", "production"}) == "production";
  options.log_level =
      ParseLogLevel(reader.OneOf("LOG_LEVEL", "info", {"debug", "info", "warning", "error"}));
  options.internal_secret = reader.RequiredSecret("MAB_INTERNAL_SECRET", kInternalSecretBytesMin);
  options.listen = reader.String("MAB_ASSIGNMENT_LISTEN", "127.0.0.1:8010");
  options.metrics_listen = reader.String("MAB_ASSIGNMENT_METRICS_LISTEN", "127.0.0.1:8020");
  options.admin_address = reader.String("MAB_ADMIN_ADDRESS", "127.0.0.1:8011");
  options.user_hash_key = reader.RequiredKey128("MAB_USER_HASH_KEY");
  options.data_directory = reader.String("MAB_DATA_DIR", ".mab");
  options.journal_sync =
      reader.OneOf("MAB_JOURNAL_SYNC", "conversions", {"conversions", "always"}) == "always"
          ? JournalSync::kAlways
          : JournalSync::kConversions;
  options.drain_interval = reader.Duration("MAB_DRAIN_INTERVAL", absl::Milliseconds(100),
                                           absl::Milliseconds(1), absl::Minutes(1));
  MAB_RETURN_IF_ERROR(reader.status());
  return options;
}

}  // namespace mab::assignment
