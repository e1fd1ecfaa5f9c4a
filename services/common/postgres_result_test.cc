#include "common/postgres_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "common/postgres_pool.h"
#include "common/testing/postgres_fixture.h"

namespace mab {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

class PgResultTest : public ::testing::Test {
 protected:
  PgResult Query(const std::string& sql, const std::vector<PgParam>& params = {}) {
    absl::StatusOr<PgResult> result = pool_.Execute(sql, params);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }
  PgPool pool_{{.url = PostgresFixture::Get().url()}};
};

TEST_F(PgResultTest, EveryTypeComesBack) {
  const absl::Time time = absl::FromUnixMicros(1'795'396'831'123'456);
  const Uuid uuid = Uuid::NewV7(time);
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const PgResult row = Query(
      "SELECT $1::text AS text, $2::bigint AS int, $3::float8 AS double, $4::bool AS bool,"
      " $5::bytea AS bytes, $6::uuid AS uuid, $7::timestamptz AS time, NULL::timestamptz AS "
      "no_time,"
      " $7::date AS date",
      {"größe", std::numeric_limits<int64_t>::min(), 0.1, true, PgParam::Bytes(bytes), uuid, time});
  EXPECT_EQ(row.Text(0, "text"), "größe");
  EXPECT_EQ(row.Int(0, "int"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(row.Double(0, "double"), 0.1);
  EXPECT_TRUE(row.Bool(0, "bool"));
  EXPECT_EQ(row.Bytes(0, "bytes"), bytes);
  EXPECT_EQ(row.GetUuid(0, "uuid"), uuid);
  EXPECT_EQ(row.Time(0, "time"), time);
  EXPECT_EQ(row.OptionalTime(0, "time"), time);
  EXPECT_EQ(row.OptionalTime(0, "no_time"), std::nullopt);
}

TEST_F(PgResultTest, TextArraysComeBackWhateverTheyHold) {
  const std::vector<std::string> texts = {"plain",   "",      "NULL",       "null",
                                          "a,b",     "{x}",   "\"q\"",      "back\\slash",
                                          " space ", "größe", "line\nbreak"};
  PgArray array;
  for (const std::string& text : texts) array.Add(text);
  const PgResult row = Query(
      "SELECT array_agg(e ORDER BY i) AS texts FROM "
      "unnest($1::text[]) WITH ORDINALITY AS t (e, i)",
      {array.ToParam()});
  EXPECT_THAT(row.Array(0, "texts"), ElementsAreArray(texts));
}

TEST_F(PgResultTest, ByteArraysComeBack) {
  PgArray array;
  array.Add(PgParam::Bytes(std::string("\0\x01\xff", 3)));
  array.Add(PgParam::Bytes(""));
  array.Add(std::nullopt);
  const PgResult rows = Query("SELECT e FROM unnest($1::bytea[]) AS e", {array.ToParam()});
  ASSERT_EQ(rows.rows(), 3);
  EXPECT_EQ(rows.Bytes(0, "e"), std::string("\0\x01\xff", 3));
  EXPECT_EQ(rows.Bytes(1, "e"), "");
  EXPECT_TRUE(rows.IsNull(2, "e"));
}

TEST_F(PgResultTest, DoublesComeBackToTheLastBit) {
  constexpr uint64_t kSeed = 20261123;
  std::mt19937_64 generator(kSeed);
  std::vector<double> values = {0.0, 5e-324, 1.7976931348623157e308, 1.0 / 3.0};
  while (values.size() < 2000) {
    const uint64_t bits = generator();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (value == value) values.push_back(value);
  }
  PgArray array;
  for (const double value : values) array.Add(value);
  EXPECT_EQ(Query("SELECT $1::float8[] AS a", {array.ToParam()}).DoubleArray(0, "a"), values)
      << "seed " << kSeed;
}

TEST_F(PgResultTest, TheServersOutputSettingsDoNotMatter) {
  PostgresFixture& postgres = PostgresFixture::Get();
  const std::string url = postgres.CreateDatabaseNamed("odd_settings");
  for (const char* setting : {"datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'",
                              "bytea_output = 'escape'", "extra_float_digits = -5"}) {
    Query(std::string("ALTER ROLE postgres IN DATABASE odd_settings SET ") + setting);
  }
  const absl::Time time = absl::FromUnixMicros(1'795'396'831'123'456);
  {
    PgPool pool({.url = url});
    const auto row = pool.Execute(
        "SELECT $1::timestamptz AS time, $2::bytea AS bytes, $3::float8 AS double,"
        " current_setting('timezone') AS zone",
        {time, PgParam::Bytes("\x01\\"), 1.0 / 3.0});
    ASSERT_TRUE(row.ok()) << row.status();
    EXPECT_EQ(row->Text(0, "zone"), "Asia/Kolkata");
    EXPECT_EQ(row->Time(0, "time"), time);
    EXPECT_EQ(row->Bytes(0, "bytes"), "\x01\\");
    EXPECT_EQ(row->Double(0, "double"), 1.0 / 3.0);
  }
  postgres.DropDatabase(url);
}

TEST_F(PgResultTest, MovesWithItsRows) {
  PgResult first = Query("SELECT 1 AS n");
  PgResult second = std::move(first);
  EXPECT_EQ(second.Int(0, "n"), 1);
  first = Query("SELECT 2 AS n");
  EXPECT_EQ(first.Int(0, "n"), 2);
}

TEST_F(PgResultTest, FlatArraysAreNoneWhereTheyAreNotFlat) {
  const PgResult row = Query(
      "SELECT '{1,2.5}'::float8[] AS flat, '{1,NULL}'::float8[] AS holes,"
      " '{{1},{2}}'::float8[] AS deep");
  EXPECT_EQ(row.FlatDoubleArray(0, "flat"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(row.FlatArray(0, "flat"), (std::vector<std::string>{"1", "2.5"}));
  for (const char* column : {"holes", "deep"}) {
    EXPECT_EQ(row.FlatDoubleArray(0, column), std::nullopt) << column;
    EXPECT_EQ(row.FlatArray(0, column), std::nullopt) << column;
  }
}

using PgResultDeathTest = PgResultTest;

TEST_F(PgResultDeathTest, CrashesOnWhatTheSqlBesideItDoesNotGive) {
  const PgResult row = Query("SELECT 'x' AS text, NULL AS nothing, '{1,NULL}' AS holes");
  EXPECT_DEATH((void)row.Text(0, "other"), "");
  EXPECT_DEATH((void)row.Text(1, "text"), "");
  EXPECT_DEATH((void)row.Text(-1, "text"), "");
  EXPECT_DEATH((void)row.Text(0, "nothing"), "");
  EXPECT_DEATH((void)row.Int(0, "text"), "");
  EXPECT_DEATH((void)row.Double(0, "text"), "");
  EXPECT_DEATH((void)row.Bool(0, "text"), "");
  EXPECT_DEATH((void)row.Bytes(0, "text"), "");
  EXPECT_DEATH((void)row.GetUuid(0, "text"), "");
  EXPECT_DEATH((void)row.Time(0, "text"), "");
  EXPECT_DEATH((void)row.Array(0, "holes"), "");
}

}  // namespace
}  // namespace mab
