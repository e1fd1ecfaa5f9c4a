#include "assignment/options.h"

#include <algorithm>
#include <utility>

#include "common/plaintext.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr size_t kInternalSecretBytesMin = 32;

constexpr int64_t kKibibyte = 1 << 10;
constexpr int64_t kMebibyte = 1 << 20;
constexpr int64_t kTebibyte = int64_t{1} << 40;

void ReadLimits(ConfigReader& reader, Options& options) {
  const auto bytes = [&reader](absl::string_view name, int64_t fallback, int64_t min) {
    return static_cast<uint64_t>(reader.Integer(name, fallback, min, kTebibyte));
  };
  options.journal_bytes_max = bytes("MAB_JOURNAL_MAX_BYTES", int64_t{8192} * kMebibyte, kMebibyte);
  options.disk_free_bytes_min = bytes("MAB_DISK_FREE_MIN_BYTES", 128 * kMebibyte, 0);
  options.segment_bytes_max = bytes("MAB_JOURNAL_SEGMENT_BYTES", 64 * kMebibyte, 64 * kKibibyte);
  options.checkpoint_bytes = bytes("MAB_CHECKPOINT_BYTES", 16 * kMebibyte, 64 * kKibibyte);
  options.journal_retain = reader.Duration("MAB_JOURNAL_RETAIN", absl::Hours(24),
                                           absl::ZeroDuration(), absl::Hours(24) * 365);
  options.sticky_bytes_max = bytes("MAB_STICKY_MAX_BYTES", 4096 * kMebibyte, 0);
  // So that a journal near its limit has segments that can go.
  const uint64_t eighth = options.journal_bytes_max / 8;
  options.segment_bytes_max = std::min(options.segment_bytes_max, eighth);
  options.checkpoint_bytes = std::min(options.checkpoint_bytes, eighth);
}

}  // namespace

uint64_t Options::buffer_bytes_max() const {
  return std::min<uint64_t>(16 * kMebibyte, journal_bytes_max / 8);
}

absl::StatusOr<Options> ReadOptions(Environment environment) {
  ConfigReader reader(std::move(environment));
  Options options;
  options.database_url = reader.String("MAB_ASSIGNMENT_DATABASE_URL", "");
  if (options.database_url.empty()) options.database_url = reader.RequiredString("DATABASE_URL");
  options.production =
      reader.OneOf("ENV", "development", {"development", "production"}) == "production";
  options.log_level =
      ParseLogLevel(reader.OneOf("LOG_LEVEL", "info", {"debug", "info", "warning", "error"}));
  options.tls = ReadTlsFiles(reader);
  options.internal_secret = reader.RequiredSecret("MAB_INTERNAL_SECRET", kInternalSecretBytesMin);
  options.listen = reader.String("MAB_ASSIGNMENT_LISTEN", "127.0.0.1:8010");
  options.metrics_listen = reader.String("MAB_ASSIGNMENT_METRICS_LISTEN", "127.0.0.1:8020");
  options.admin_address = reader.String("MAB_ADMIN_ADDRESS", "127.0.0.1:8011");
  CheckPlaintext(
      reader, options.production, options.tls,
      {{"MAB_ASSIGNMENT_LISTEN", options.listen}, {"MAB_ADMIN_ADDRESS", options.admin_address}});
  options.user_hash_key = reader.RequiredKey128("MAB_USER_HASH_KEY");
  options.data_directory = reader.String("MAB_DATA_DIR", ".mab");
  options.journal_sync =
      reader.OneOf("MAB_JOURNAL_SYNC", "conversions", {"conversions", "always"}) == "always"
          ? JournalSync::kAlways
          : JournalSync::kConversions;
  options.drain_interval = reader.Duration("MAB_DRAIN_INTERVAL", absl::Milliseconds(100),
                                           absl::Milliseconds(1), absl::Minutes(1));
  ReadLimits(reader, options);
  MAB_RETURN_IF_ERROR(reader.status());
  return options;
}

}  // namespace mab::assignment
