#include "common/log.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"

namespace mab {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { ConfigureLog("mab", LogLevel::kInfo, LogFormat::kText); }

  template <typename Write>
  static std::string Captured(Write write) {
    ::testing::internal::CaptureStdout();
    write();
    return ::testing::internal::GetCapturedStdout();
  }
  // Fails the test where `line` is not a JSON object.
  static google::protobuf::Struct Parse(const std::string& line) {
    google::protobuf::Struct object;
    const auto status = google::protobuf::util::JsonStringToMessage(line, &object);
    EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << line;
    return object;
  }
};

TEST_F(LogTest, ALineIsAJsonObjectWithTimeLevelServiceMessageAndFields) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kJson);
  const std::string line = Captured([] {
    MAB_LOG(kWarning, "slow",
            {{"count", 3},
             {"share", 0.5},
             {"late", true},
             {"name", "a b"},
             {"error", absl::NotFoundError("gone")}});
  });
  EXPECT_THAT(line,
              MatchesRegex("\\{\"time\":\"20[0-9-]+T[0-9:]+\\.[0-9]{3}Z\",\"level\":\"warning\","
                           "\"service\":\"admin\",\"message\":\"slow\",.*\\}\n"));
  const auto fields = Parse(line).fields();
  EXPECT_EQ(fields.at("count").number_value(), 3);
  EXPECT_EQ(fields.at("share").number_value(), 0.5);
  EXPECT_TRUE(fields.at("late").bool_value());
  EXPECT_EQ(fields.at("name").string_value(), "a b");
  EXPECT_THAT(fields.at("error").string_value(), HasSubstr("gone"));
}

TEST_F(LogTest, TextOfAnyKindStaysOneParsableLine) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kJson);
  const std::vector<std::string> texts = {"line\nbreak \"quote\" back\\slash \t\r",
                                          std::string("nul\0 escape\x1b bell\x07", 17),
                                          "größe 𝒳 ✓",
                                          "\xff\xfe",
                                          "\xc0\xaf",
                                          "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80",
                                          "cut \xe2\x82"};
  for (const std::string& text : texts) {
    const std::string line = Captured([&] { Log(LogLevel::kInfo, text, {{"field", text}}); });
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    Parse(line);
  }
  const std::string line = Captured([] { Log(LogLevel::kInfo, "größe 𝒳\n\""); });
  EXPECT_EQ(Parse(line).fields().at("message").string_value(), "größe 𝒳\n\"");
}

TEST_F(LogTest, WhatIsNoFiniteNumberIsNull) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kJson);
  const std::string line = Captured([] {
    MAB_LOG(kInfo, "numbers",
            {{"nan", std::numeric_limits<double>::quiet_NaN()},
             {"inf", std::numeric_limits<double>::infinity()}});
  });
  EXPECT_TRUE(Parse(line).fields().at("nan").has_null_value());
  EXPECT_TRUE(Parse(line).fields().at("inf").has_null_value());
}

TEST_F(LogTest, ALongTextIsCut) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kJson);
  const std::string line = Captured([] { Log(LogLevel::kInfo, std::string(100'000, 'x')); });
  EXPECT_EQ(Parse(line).fields().at("message").string_value().size(), 8192u);
}

TEST_F(LogTest, TextIsForReading) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kText);
  const std::string line = Captured([] {
    MAB_LOG(kInfo, "drained a batch", {{"events", 12}, {"of", "a\nb"}});
  });
  EXPECT_THAT(line,
              MatchesRegex("20[^ ]+Z info    admin: drained a batch  events=12  of=\"a\\\\nb\"\n"));
}

TEST_F(LogTest, WritesNothingBelowItsLevelAndDoesNotEvaluateIt) {
  ConfigureLog("admin", LogLevel::kWarning, LogFormat::kText);
  int evaluated = 0;
  const std::string output = Captured([&] {
    MAB_LOG(kInfo, "quiet", {{"n", ++evaluated}});
    MAB_LOG(kWarning, "loud", {{"n", ++evaluated}});
  });
  EXPECT_EQ(evaluated, 1);
  EXPECT_THAT(output, HasSubstr("loud"));
  EXPECT_THAT(output, testing::Not(HasSubstr("quiet")));
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  ConfigureLog("admin", LogLevel::kInfo, LogFormat::kJson);
  const std::string output = Captured([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 50; ++i) MAB_LOG(kInfo, "line", {{"text", std::string(100, 'x')}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  int lines = 0;
  for (const absl::string_view line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    Parse(std::string(line));
    ++lines;
  }
  EXPECT_EQ(lines, 200);
}

TEST(ParseLogLevelTest, KnowsTheFourNames) {
  EXPECT_EQ(ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("info"), LogLevel::kInfo);
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("error"), LogLevel::kError);
}

}  // namespace
}  // namespace mab
