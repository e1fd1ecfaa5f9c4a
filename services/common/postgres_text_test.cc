#include "common/postgres_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mab {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

TEST(ParsePgTimeTest, ReadsAnyOffset) {
  const absl::Time expected = Utc("2026-11-23T01:20:31.123456Z");
  EXPECT_THAT(ParsePgTime("2026-11-23 01:20:31.123456+00"), Optional(expected));
  EXPECT_THAT(ParsePgTime("2026-11-23 06:50:31.123456+05:30"), Optional(expected));
  EXPECT_THAT(ParsePgTime("2026-11-22 17:20:31.123456-08"), Optional(expected));
  EXPECT_THAT(ParsePgTime("2026-11-23 00:36:01.123456-00:44:30"), Optional(expected));
  EXPECT_THAT(ParsePgTime("2026-11-23 01:20:31.123456"), Optional(expected));
}

TEST(ParsePgTimeTest, ReadsFewerDigitsADateAndInfinity) {
  EXPECT_THAT(ParsePgTime("2026-11-23 01:20:31+00"), Optional(Utc("2026-11-23T01:20:31Z")));
  EXPECT_THAT(ParsePgTime("2026-11-23 01:20:31.5+00"), Optional(Utc("2026-11-23T01:20:31.5Z")));
  EXPECT_THAT(ParsePgTime("2026-11-23"), Optional(Utc("2026-11-23T00:00:00Z")));
  EXPECT_THAT(ParsePgTime("0001-01-01 00:00:00+00"), Optional(Utc("0001-01-01T00:00:00Z")));
  EXPECT_THAT(ParsePgTime("infinity"), Optional(absl::InfiniteFuture()));
  EXPECT_THAT(ParsePgTime("-infinity"), Optional(absl::InfinitePast()));
}

TEST(ParsePgTimeTest, TimesBeforeChristAreBeforeAllOthers) {
  EXPECT_THAT(ParsePgTime("0044-03-15 BC"), Optional(absl::InfinitePast()));
  EXPECT_THAT(ParsePgTime("4000-01-01 01:20:31.5+00 BC"), Optional(absl::InfinitePast()));
}

TEST(ParsePgTimeTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "now", "23/11/2026 01:20:31 UTC", "2026-11-23 01:20:31+", "2026-11-23 01:20:31+5",
        "2026-11-23 01:20:31+00:00:00:00", "2026-11-23 25:20:31+00", "BC", "now BC"}) {
    EXPECT_EQ(ParsePgTime(text), std::nullopt) << text;
  }
}

TEST(ParsePgDoubleTest, ReadsWhatPostgresWrites) {
  EXPECT_THAT(ParsePgDouble("0.1"), Optional(0.1));
  EXPECT_THAT(ParsePgDouble("-1e-300"), Optional(-1e-300));
  EXPECT_THAT(ParsePgDouble("4.9406564584124654e-324"), Optional(4.9406564584124654e-324));
  EXPECT_THAT(ParsePgDouble("Infinity"), Optional(HUGE_VAL));
  EXPECT_THAT(ParsePgDouble("-Infinity"), Optional(-HUGE_VAL));
  EXPECT_TRUE(std::isnan(ParsePgDouble("NaN").value()));
  EXPECT_TRUE(std::signbit(ParsePgDouble("-0").value()));
  EXPECT_EQ(ParsePgDouble("one"), std::nullopt);
  EXPECT_EQ(ParsePgDouble(""), std::nullopt);
}

TEST(ParsePgArrayTest, ReadsPlainAndQuotedElements) {
  EXPECT_THAT(ParsePgArray("{}"), Optional(ElementsAre()));
  EXPECT_THAT(ParsePgArray("{a}"), Optional(ElementsAre("a")));
  EXPECT_THAT(ParsePgArray("{1,2.5,-3}"), Optional(ElementsAre("1", "2.5", "-3")));
  EXPECT_THAT(ParsePgArray(R"({"a,b","","NULL","q\"\\}{"})"),
              Optional(ElementsAre("a,b", "", "NULL", "q\"\\}{")));
}

TEST(ParsePgArrayTest, RefusesNullsOtherShapesAndWhatIsCut) {
  for (const char* text : {"", "{", "}", "a", "{a", "{a,", "{a,}", "{,a}", "{NULL}", "{a,null}",
                           "{{1},{2}}", "[0:1]={1,2}", "{a}b", "{\"a}", "{\"a\\"}) {
    EXPECT_EQ(ParsePgArray(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace mab
