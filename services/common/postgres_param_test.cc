#include "common/postgres_param.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <random>

namespace mab {
namespace {

std::string TextOf(const PgParam& param) { return param.text().value_or("(null)"); }

TEST(PgParamTest, HasTheTextFormOfEachType) {
  EXPECT_EQ(TextOf(std::nullopt), "(null)");
  EXPECT_EQ(TextOf("text"), "text");
  EXPECT_EQ(TextOf(std::string("text")), "text");
  EXPECT_EQ(TextOf(true), "t");
  EXPECT_EQ(TextOf(false), "f");
  EXPECT_EQ(TextOf(-7), "-7");
  EXPECT_EQ(TextOf(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(TextOf(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(TextOf(PgParam::Bytes(std::string("\0\xff", 2))), "\\x00ff");
  EXPECT_EQ(TextOf(PgParam::Bytes("")), "\\x");
  EXPECT_EQ(TextOf(*Uuid::Parse("0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071")),
            "0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
  EXPECT_EQ(TextOf(ExperimentId{}), "00000000-0000-0000-0000-000000000000");
}

TEST(PgParamTest, AnEmptyOptionalIsNull) {
  EXPECT_EQ(TextOf(std::optional<double>()), "(null)");
  EXPECT_EQ(TextOf(std::optional<double>(0.5)), "0.5");
  EXPECT_EQ(TextOf(std::optional<std::string>("")), "");
  EXPECT_EQ(TextOf(std::optional<absl::Time>()), "(null)");
}

TEST(PgParamTest, TimesAreUtcWithMicroseconds) {
  EXPECT_EQ(TextOf(absl::FromUnixMicros(1'763'860'831'123'456)), "2025-11-23T01:20:31.123456+00");
  EXPECT_EQ(TextOf(absl::UnixEpoch()), "1970-01-01T00:00:00.000000+00");
  EXPECT_EQ(TextOf(absl::UnixEpoch() - absl::Nanoseconds(1)), "1969-12-31T23:59:59.999999+00");
  EXPECT_EQ(TextOf(absl::InfiniteFuture()), "infinity");
  EXPECT_EQ(TextOf(absl::InfinitePast()), "-infinity");
}

TEST(PgParamTest, ADoubleReadsBackAsItself) {
  constexpr uint64_t kSeed = 20261123;
  std::mt19937_64 generator(kSeed);
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t bits = generator();
    double value = 0;
    memcpy(&value, &bits, sizeof(value));
    if (value != value) continue;
    EXPECT_EQ(std::strtod(TextOf(value).c_str(), nullptr), value) << "seed " << kSeed;
  }
  EXPECT_EQ(TextOf(0.1), "0.1");
  EXPECT_EQ(TextOf(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(TextOf(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(PgArrayTest, QuotesWhatNeedsIt) {
  PgArray array;
  EXPECT_EQ(TextOf(array.ToParam()), "{}");
  array.Add("plain-1.5_x:+");
  array.Add("");
  array.Add("null");
  array.Add("a,b {c} \"d\" \\e");
  array.Add(std::nullopt);
  array.Add(2.5);
  array.Add(PgParam::Bytes("\x01"));
  EXPECT_EQ(array.size(), 7u);
  EXPECT_EQ(TextOf(array.ToParam()),
            R"({plain-1.5_x:+,"","null","a,b {c} \"d\" \\e",NULL,2.5,"\\x01"})");
}

}  // namespace
}  // namespace mab
