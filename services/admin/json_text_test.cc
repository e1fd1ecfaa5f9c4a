#include "admin/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace mab::admin {
namespace {

std::string StringJson(absl::string_view text) {
  std::string json;
  AppendJsonString(text, json);
  return json;
}

std::string NumberJson(double number) {
  std::string json;
  AppendJsonNumber(number, json);
  return json;
}

TEST(JsonTextTest, EscapesOnlyWhatMustBeEscaped) {
  EXPECT_EQ(StringJson(""), R"("")");
  EXPECT_EQ(StringJson("<b>Größe</b> & 'x'/"), R"("<b>Größe</b> & 'x'/")");
  EXPECT_EQ(StringJson("\"\\\n\r\t"), R"("\"\\\n\r\t")");
  EXPECT_EQ(StringJson(absl::string_view("\0\x01\x1F", 3)), R"("\u0000\u0001\u001f")");
}

TEST(JsonTextTest, WritesWholeNumbersWithoutAnExponent) {
  EXPECT_EQ(NumberJson(0), "0");
  EXPECT_EQ(NumberJson(-0.0), "0");
  EXPECT_EQ(NumberJson(100000), "100000");
  EXPECT_EQ(NumberJson(-9007199254740992), "-9007199254740992");
}

TEST(JsonTextTest, WritesNumbersThatReadBackTheSame) {
  for (const double number :
       {0.1, 1.0 / 3, 1e308, 5e-324, -2.5e-7, 9007199254740994.0, 1e22, 123456.789,
        std::numeric_limits<double>::max(), std::numeric_limits<double>::min()}) {
    EXPECT_EQ(std::strtod(NumberJson(number).c_str(), nullptr), number) << NumberJson(number);
  }
}

}  // namespace
}  // namespace mab::admin
