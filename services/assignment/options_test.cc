#include "assignment/options.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "common/testing/plaintext_rule.h"

namespace mab::assignment {
namespace {

Environment EnvironmentOf(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](absl::string_view name) -> std::optional<std::string> {
    const auto it = variables.find(std::string(name));
    if (it == variables.end()) return std::nullopt;
    return it->second;
  };
}

TEST(OptionsTest, HasADefaultForAllButDatabaseKeyAndSecret) {
  const auto options =
      ReadOptions(EnvironmentOf({{"DATABASE_URL", "postgresql://localhost/mab"},
                                 {"MAB_INTERNAL_SECRET", std::string(32, 's')},
                                 {"MAB_USER_HASH_KEY", "000102030405060708090a0b0c0d0e0f"}}));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->user_hash_key.size(), 16u);
  EXPECT_EQ(options->user_hash_key[15], '\x0f');
  EXPECT_FALSE(options->production);
  EXPECT_EQ(options->listen, "127.0.0.1:8010");
  EXPECT_EQ(options->admin_address, "127.0.0.1:8011");
  EXPECT_EQ(options->journal_sync, JournalSync::kConversions);
  EXPECT_EQ(options->drain_interval, absl::Milliseconds(100));
  EXPECT_EQ(options->journal_bytes_max, uint64_t{8} << 30);
  EXPECT_EQ(options->disk_free_bytes_min, uint64_t{128} << 20);
  EXPECT_EQ(options->segment_bytes_max, uint64_t{64} << 20);
  EXPECT_EQ(options->checkpoint_bytes, uint64_t{16} << 20);
  EXPECT_EQ(options->journal_retain, absl::Hours(24));
  EXPECT_EQ(options->sticky_bytes_max, uint64_t{4} << 30);
  EXPECT_EQ(options->journal_directory(), ".mab/journal");
  EXPECT_EQ(options->snapshot_path(), ".mab/snapshot.pb");
}

TEST(OptionsTest, ASmallJournalHasSmallSegments) {
  const auto options =
      ReadOptions(EnvironmentOf({{"DATABASE_URL", "postgresql://localhost/mab"},
                                 {"MAB_INTERNAL_SECRET", std::string(32, 's')},
                                 {"MAB_USER_HASH_KEY", "000102030405060708090a0b0c0d0e0f"},
                                 {"MAB_JOURNAL_MAX_BYTES", "1048576"}}));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->segment_bytes_max, uint64_t{128} << 10);
  EXPECT_EQ(options->checkpoint_bytes, uint64_t{128} << 10);
}

TEST(OptionsTest, ListsEverythingThatIsWrong) {
  const auto options = ReadOptions(EnvironmentOf({{"ENV", "staging"},
                                                  {"LOG_LEVEL", "loud"},
                                                  {"MAB_INTERNAL_SECRET", "short"},
                                                  {"MAB_USER_HASH_KEY", "xyz"},
                                                  {"MAB_JOURNAL_SYNC", "never"},
                                                  {"MAB_DRAIN_INTERVAL", "soon"},
                                                  {"MAB_JOURNAL_MAX_BYTES", "1048575"},
                                                  {"MAB_DISK_FREE_MIN_BYTES", "-1"},
                                                  {"MAB_JOURNAL_SEGMENT_BYTES", "65535"},
                                                  {"MAB_CHECKPOINT_BYTES", "65535"},
                                                  {"MAB_STICKY_MAX_BYTES", "-1"},
                                                  {"MAB_JOURNAL_RETAIN", "a while"}}));
  EXPECT_TRUE(absl::IsFailedPrecondition(options.status()));
  for (const char* name :
       {"DATABASE_URL", "ENV", "LOG_LEVEL", "MAB_INTERNAL_SECRET", "MAB_USER_HASH_KEY",
        "MAB_JOURNAL_SYNC", "MAB_DRAIN_INTERVAL", "MAB_JOURNAL_MAX_BYTES",
        "MAB_DISK_FREE_MIN_BYTES", "MAB_JOURNAL_SEGMENT_BYTES", "MAB_CHECKPOINT_BYTES",
        "MAB_STICKY_MAX_BYTES", "MAB_JOURNAL_RETAIN"}) {
    EXPECT_NE(options.status().message().find(name), absl::string_view::npos) << name;
  }
}

TEST(OptionsTest, PlainGrpcBeyondThisMachineIsVouchedForInProduction) {
  ExpectPlaintextIsVouchedFor(
      [](const Variables& variables) { return ReadOptions(EnvironmentOf(variables)).status(); },
      {{"DATABASE_URL", "postgresql://localhost/mab"},
       {"MAB_INTERNAL_SECRET", std::string(32, 's')},
       {"MAB_USER_HASH_KEY", "000102030405060708090a0b0c0d0e0f"}},
      {"MAB_ASSIGNMENT_LISTEN", "MAB_ADMIN_ADDRESS"});
}

}  // namespace
}  // namespace mab::assignment
