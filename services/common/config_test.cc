#include "common/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace mab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](absl::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::string Problems(const ConfigReader& reader) { return std::string(reader.status().message()); }

TEST(ConfigReaderTest, TakesWhatIsSetAndTheFallbackWhereItIsNot) {
  ConfigReader reader(Variables({{"LISTEN", "0.0.0.0:80"},
                                 {"SIZE", "8"},
                                 {"ON", "1"},
                                 {"WAIT", "250ms"},
                                 {"ENV", "production"},
                                 {"EMPTY", ""}}));
  EXPECT_EQ(reader.String("LISTEN", "x"), "0.0.0.0:80");
  EXPECT_EQ(reader.String("NOTHING", "x"), "x");
  EXPECT_EQ(reader.String("EMPTY", "x"), "x");
  EXPECT_EQ(reader.Integer("SIZE", 4, 1, 64), 8);
  EXPECT_EQ(reader.Integer("NOTHING", 4, 1, 64), 4);
  EXPECT_TRUE(reader.Bool("ON", false));
  EXPECT_FALSE(reader.Bool("NOTHING", false));
  EXPECT_EQ(reader.Duration("WAIT", absl::Seconds(1), absl::ZeroDuration(), absl::Hours(1)),
            absl::Milliseconds(250));
  EXPECT_EQ(reader.OneOf("ENV", "development", {"development", "production"}), "production");
  EXPECT_EQ(reader.OneOf("NOTHING", "development", {"development", "production"}), "development");
  EXPECT_EQ(reader.status(), absl::OkStatus());
}

TEST(ConfigReaderTest, ListsEveryProblemAtOnce) {
  ConfigReader reader(Variables({{"SIZE", "many"}}));
  reader.RequiredString("DATABASE_URL");
  reader.Integer("SIZE", 4, 1, 64);
  reader.AddViolation("A", "must not be set together with B");
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Problems(reader),
            "configuration: 3 problems\n"
            "  DATABASE_URL: must be set\n"
            "  SIZE: must be a whole number from 1 to 64, and is \"many\"\n"
            "  A: must not be set together with B");
}

TEST(ConfigReaderTest, AnEmptyVariableCountsAsUnset) {
  ConfigReader reader(Variables({{"DATABASE_URL", ""}}));
  EXPECT_EQ(reader.RequiredString("DATABASE_URL"), "");
  EXPECT_THAT(Problems(reader), HasSubstr("1 problem\n  DATABASE_URL: must be set"));
}

TEST(ConfigReaderTest, NumbersKeepTheirRange) {
  ConfigReader good(Variables({{"LOW", "1"}, {"HIGH", "64"}}));
  EXPECT_EQ(good.Integer("LOW", 4, 1, 64), 1);
  EXPECT_EQ(good.Integer("HIGH", 4, 1, 64), 64);
  EXPECT_TRUE(good.status().ok());
  for (const char* text : {"0", "65", "4.0", "0x10", "99999999999999999999", "4 apples"}) {
    ConfigReader reader(Variables({{"SIZE", text}}));
    EXPECT_EQ(reader.Integer("SIZE", 4, 1, 64), 4);
    EXPECT_FALSE(reader.status().ok()) << text;
  }
}

TEST(ConfigReaderTest, DurationsNeedAUnitAndKeepTheirRange) {
  const auto read = [](const char* text) {
    ConfigReader reader(Variables({{"WAIT", text}}));
    reader.Duration("WAIT", absl::Seconds(1), absl::Milliseconds(10), absl::Minutes(5));
    return reader.status();
  };
  EXPECT_TRUE(read("10ms").ok());
  EXPECT_TRUE(read("5m").ok());
  for (const char* text : {"5", "9ms", "301s", "-1s", "soon", "inf"}) {
    EXPECT_FALSE(read(text).ok()) << text;
  }
  EXPECT_THAT(std::string(read("9ms").message()), HasSubstr("a duration from 10ms to 5m"));
}

TEST(ConfigReaderTest, AChoiceNamesWhatIsAllowed) {
  ConfigReader reader(Variables({{"ENV", "staging"}}));
  EXPECT_EQ(reader.OneOf("ENV", "development", {"development", "production"}), "development");
  EXPECT_THAT(Problems(reader),
              HasSubstr("ENV: must be one of development, production, and is \"staging\""));
}

TEST(ConfigReaderTest, BoolsAreTrueOrFalse) {
  ConfigReader reader(Variables({{"A", "true"}, {"B", "false"}, {"C", "0"}, {"D", "yes"}}));
  EXPECT_TRUE(reader.Bool("A", false));
  EXPECT_FALSE(reader.Bool("B", true));
  EXPECT_FALSE(reader.Bool("C", true));
  EXPECT_TRUE(reader.status().ok());
  EXPECT_TRUE(reader.Bool("D", true));
  EXPECT_FALSE(reader.status().ok());
}

TEST(ConfigReaderTest, ASecretIsLongEnoughAndNeverRepeated) {
  ConfigReader reader(Variables({{"LONG", std::string(32, 's')}, {"SHORT", "hush-hush"}}));
  EXPECT_EQ(reader.RequiredSecret("LONG", 32), std::string(32, 's'));
  EXPECT_TRUE(reader.status().ok());
  reader.RequiredSecret("SHORT", 32);
  reader.RequiredSecret("NOTHING", 32);
  EXPECT_THAT(Problems(reader), HasSubstr("SHORT: must be at least 32 bytes, and is 9"));
  EXPECT_THAT(Problems(reader), HasSubstr("NOTHING: must be set, to at least 32 bytes"));
  EXPECT_THAT(Problems(reader), Not(HasSubstr("hush")));
}

TEST(ConfigReaderTest, AKeyIs32HexadecimalDigits) {
  ConfigReader reader(Variables({{"KEY", "000102030405060708090a0b0c0d0e0F"},
                                 {"SHORT", "00010203"},
                                 {"WORDS", "not-hexadecimal-at-all-but-32-by"}}));
  EXPECT_EQ(reader.RequiredKey128("KEY").size(), 16u);
  EXPECT_EQ(reader.RequiredKey128("KEY")[15], '\x0f');
  EXPECT_TRUE(reader.status().ok());
  reader.RequiredKey128("SHORT");
  reader.RequiredKey128("WORDS");
  reader.RequiredKey128("NOTHING");
  EXPECT_THAT(Problems(reader), HasSubstr("3 problems"));
  EXPECT_THAT(Problems(reader), Not(HasSubstr("not-hexadecimal")));
}

TEST(ConfigReaderTest, ReadsTheEnvironmentOfTheProcess) {
  ASSERT_EQ(setenv("MAB_CONFIG_TEST", "here", 1), 0);
  ConfigReader reader(EnvironmentOfProcess());
  EXPECT_EQ(reader.String("MAB_CONFIG_TEST", ""), "here");
  ASSERT_EQ(unsetenv("MAB_CONFIG_TEST"), 0);
  EXPECT_EQ(reader.String("MAB_CONFIG_TEST", "gone"), "gone");
}

}  // namespace
}  // namespace mab
