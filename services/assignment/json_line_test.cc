#include "assignment/json_line.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace mab::assignment {
namespace {

std::string TextOf(absl::string_view text) {
  const std::string line = JsonLine().Text("t", text).ToString();
  return line.substr(6, line.size() - 8);  // {"t":"…"}
}

TEST(JsonLineTest, WritesEachKindOfMember) {
  JsonLine inner;
  inner.Integer("i", 1);
  EXPECT_EQ(JsonLine().ToString(), "{}");
  EXPECT_EQ(
      JsonLine()
          .Text("text", "a")
          .Hex("hex", absl::string_view("\x00\xff", 2))
          .Integer("integer", std::numeric_limits<uint64_t>::max())
          .Bool("yes", true)
          .Bool("no", false)
          .Number("number", 0.1)
          .Time("time", absl::FromUnixMicros(1'795'000'000'123'456))
          .List("list", {inner, inner})
          .List("empty", {})
          .ToString(),
      R"({"text":"a","hex":"00ff","integer":18446744073709551615,"yes":true,"no":false,)"
      R"("number":0.1,"time":"2026-11-18T11:06:40.123456Z","list":[{"i":1},{"i":1}],"empty":[]})");
}

TEST(JsonLineTest, WritesNullForWhatIsNotThereOrNoNumber) {
  EXPECT_EQ(JsonLine()
                .Number("a", std::nullopt)
                .Number("b", std::numeric_limits<double>::quiet_NaN())
                .Number("c", -std::numeric_limits<double>::infinity())
                .Time("d", std::nullopt)
                .ToString(),
            R"({"a":null,"b":null,"c":null,"d":null})");
}

TEST(JsonLineTest, WritesTheExtremesOfNumbersAndTimes) {
  EXPECT_EQ(JsonLine()
                .Number("a", -std::numeric_limits<double>::max())
                .Number("b", std::numeric_limits<double>::denorm_min())
                .Number("c", -0.0)
                .ToString(),
            R"({"a":-1.7976931348623157e+308,"b":5e-324,"c":-0})");
  EXPECT_EQ(JsonLine().Time("a", absl::FromUnixMicros(-62135596800000000)).ToString(),
            R"({"a":"0001-01-01T00:00:00.000000Z"})");
  // Beyond RFC 3339, and still a string.
  for (const int64_t micros :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(JsonLine().Time("a", absl::FromUnixMicros(micros)).ToString().substr(0, 6),
              "{\"a\":\"");
  }
}

TEST(JsonLineTest, EscapesAllThatIsNotPrintableAscii) {
  EXPECT_EQ(TextOf("a \"b\" \\ /~"), "a \\\"b\\\" \\\\ /~");
  EXPECT_EQ(TextOf(absl::string_view("\0\n\x1b\x7f", 4)), "\\u0000\\u000a\\u001b\\u007f");
  EXPECT_EQ(TextOf("\xc2\x9b"), "\\u009b");      // a terminal's command
  EXPECT_EQ(TextOf("\xe2\x80\xae"), "\\u202e");  // turns the line around
  EXPECT_EQ(TextOf("\xc3\xa9\xe2\x82\xac"), "\\u00e9\\u20ac");
  EXPECT_EQ(TextOf("\xf0\x9f\x98\x80"), "\\ud83d\\ude00");
  EXPECT_EQ(TextOf("\xf4\x8f\xbf\xbf"), "\\udbff\\udfff");
}

TEST(JsonLineTest, ReplacesEachByteThatIsNotUtf8) {
  for (const absl::string_view bad :
       {"\x80", "\xff", "\xc1\x81", "\xe0\x80\x80", "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xf8\x90\x80\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
    std::string expected;
    for (size_t i = 0; i < bad.size(); ++i) expected += "\\ufffd";
    EXPECT_EQ(TextOf(bad), expected);
  }
  EXPECT_EQ(TextOf("\xe2\x82g"), "\\ufffd\\ufffdg");
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a\xc3\xa9\xf4\x8f\xbf\xbf"));
}

}  // namespace
}  // namespace mab::assignment
