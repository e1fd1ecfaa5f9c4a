#include "common/postgres_array.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/postgres_connection.h"
#include "common/testing/postgres_fixture.h"

namespace mab {
namespace {

class PgBinaryArrayTest : public ::testing::Test {
 protected:
  ~PgBinaryArrayTest() override {
    connection_.reset();
    PostgresFixture::Get().DropDatabase(url_);
  }

  // What the server makes of it, as text.
  absl::StatusOr<std::string> AsText(const std::string& type, PgBinaryArray& array) {
    const absl::StatusOr<PgResult> result =
        connection_->Execute("SELECT ($1::" + type + "[])::text AS value", {array.ToParam()});
    if (!result.ok()) return result.status();
    return std::string(result->Text(0, "value"));
  }

  const std::string url_ = PostgresFixture::Get().CreateDatabase();
  std::unique_ptr<PgConnection> connection_ = *PgConnection::Connect(url_, absl::Seconds(5));
};

TEST_F(PgBinaryArrayTest, TheServerReadsEachType) {
  PgUuidArray uuids(2);
  uuids.Add(*Uuid::Parse("0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071"));
  uuids.Add(ExperimentId{});
  EXPECT_EQ(*AsText("uuid", uuids),
            "{0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071,00000000-0000-0000-0000-000000000000}");
  PgByteaArray bytes(3);
  bytes.Add(absl::string_view("\0\xff", 2));
  bytes.Add("");
  EXPECT_EQ(*AsText("bytea", bytes), R"({"\\x00ff","\\x"})");
  PgTextArray texts(3);
  texts.Add("a,\"b\"");
  texts.Add("");
  texts.AddNull();
  EXPECT_EQ(*AsText("text", texts), R"({"a,\"b\"","",NULL})");
  PgBoolArray bools(2);
  bools.Add(true);
  bools.Add(false);
  EXPECT_EQ(*AsText("boolean", bools), "{t,f}");
  PgSmallintArray smallints(2);
  smallints.Add(0);
  smallints.Add(32767);
  EXPECT_EQ(*AsText("smallint", smallints), "{0,32767}");
  PgBigintArray bigints(2);
  bigints.Add(258);
  bigints.Add(uint64_t{1} << 62);
  EXPECT_EQ(*AsText("bigint", bigints), "{258,4611686018427387904}");
  PgDoubleArray doubles(4);
  doubles.Add(0.1);
  doubles.Add(-std::numeric_limits<double>::infinity());
  doubles.Add(std::nullopt);
  doubles.Add(std::optional<double>(5e-324));
  EXPECT_EQ(*AsText("float8", doubles), "{0.1,-Infinity,NULL,5e-324}");
}

TEST_F(PgBinaryArrayTest, TimesAreExactToTheMicrosecond) {
  ASSERT_TRUE(connection_->ExecuteScript("SET timezone = 'UTC'; SET datestyle = 'ISO'").ok());
  PgTimeArray times(4);
  times.Add(absl::FromUnixMicros(1'795'000'000'123'456));
  times.Add(absl::FromUnixMicros(-1));
  times.Add(std::nullopt);
  times.Add(absl::FromUnixMicros(1'795'000'000'123'456) + absl::Nanoseconds(999));
  EXPECT_EQ(*AsText("timestamptz", times),
            R"({"2026-11-18 11:06:40.123456+00","1969-12-31 23:59:59.999999+00",NULL,)"
            R"("2026-11-18 11:06:40.123456+00"})");
}

TEST_F(PgBinaryArrayTest, AnEmptyArrayIsOne) {
  PgTextArray empty(0);
  EXPECT_EQ(*AsText("text", empty), "{}");
  EXPECT_EQ(PgTextArray(0).size(), 0u);
}

TEST_F(PgBinaryArrayTest, WhatTheServerHasNoValueForIsRefused) {
  const auto refused = [&](const std::string& type, PgBinaryArray&& array) {
    const absl::StatusOr<std::string> text = AsText(type, array);
    EXPECT_TRUE(absl::IsInvalidArgument(text.status())) << type << ": " << text.status();
  };
  PgSmallintArray smallints(1);
  smallints.Add(32768);
  refused("smallint", std::move(smallints));
  PgBigintArray bigints(1);
  bigints.Add(uint64_t{1} << 63);
  refused("bigint", std::move(bigints));
  PgTimeArray early(1);
  early.Add(absl::FromUnixMicros(std::numeric_limits<int64_t>::min()));
  refused("timestamptz", std::move(early));
  PgTimeArray infinity(1);
  infinity.Add(absl::FromUnixMicros(std::numeric_limits<int64_t>::min() + 946'684'800'000'000));
  refused("timestamptz", std::move(infinity));
  PgTimeArray late(1);
  late.Add(absl::FromUnixSeconds(int64_t{10'000'000'000'000}));
  refused("timestamptz", std::move(late));
  PgTextArray nul(1);
  nul.Add(absl::string_view("a\0b", 3));
  refused("text", std::move(nul));
  PgTextArray latin1(1);
  latin1.Add("caf\xe9");
  refused("text", std::move(latin1));
}

TEST_F(PgBinaryArrayTest, UnnestKeepsTheOrderOfALargeArray) {
  constexpr uint64_t kElements = 100'000;
  PgBigintArray bigints(kElements);
  for (uint64_t i = 0; i < kElements; ++i) bigints.Add(i);
  const auto result = connection_->Execute(
      "SELECT count(*) AS n, count(*) FILTER (WHERE value = place - 1) AS in_place"
      " FROM unnest($1::bigint[]) WITH ORDINALITY AS input (value, place)",
      {bigints.ToParam()});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->Int(0, "n"), static_cast<int64_t>(kElements));
  EXPECT_EQ(result->Int(0, "in_place"), static_cast<int64_t>(kElements));
}

}  // namespace
}  // namespace mab
