#include "common/postgres_text.h"

#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace mab {
namespace {

// "+05", "-05:30", "-00:44:30"
std::optional<absl::Duration> ParseOffset(absl::string_view text) {
  const bool negative = text[0] == '-';
  int64_t seconds = 0;
  int64_t unit = 3600;
  for (const absl::string_view part : absl::StrSplit(text.substr(1), ':')) {
    int value = 0;
    if (unit == 0 || part.size() != 2 || !absl::SimpleAtoi(part, &value) || value < 0) {
      return std::nullopt;
    }
    seconds += unit * value;
    unit /= 60;
  }
  return absl::Seconds(negative ? -seconds : seconds);
}

std::optional<absl::Time> ParseWith(const char* format, absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &error)) return std::nullopt;
  return time;
}

// Consumes one element, up to the ',' or '}' behind it.
bool ConsumeElement(absl::string_view& rest, std::string& element) {
  element.clear();
  if (!absl::ConsumePrefix(&rest, "\"")) {
    const size_t end = rest.find_first_of(",}");
    if (end == absl::string_view::npos || end == 0) return false;
    element.assign(rest.data(), end);
    rest.remove_prefix(end);
    // Quoted it would be the text "NULL"; like this it is no value, and a brace inside is another
    // dimension.
    return !absl::EqualsIgnoreCase(element, "NULL") && !absl::StrContains(element, '{');
  }
  while (!rest.empty() && rest[0] != '"') {
    if (rest[0] == '\\') rest.remove_prefix(1);
    if (rest.empty()) return false;
    element.push_back(rest[0]);
    rest.remove_prefix(1);
  }
  return absl::ConsumePrefix(&rest, "\"");
}

}  // namespace

std::optional<double> ParsePgDouble(absl::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return std::nullopt;
  return value;
}

std::optional<absl::Time> ParsePgTime(absl::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  // Nothing here happened then; that it is before all other times is enough.
  if (absl::ConsumeSuffix(&text, " BC")) {
    if (!ParsePgTime(text).has_value()) return std::nullopt;
    return absl::InfinitePast();
  }
  const size_t space = text.find(' ');
  if (space == absl::string_view::npos) return ParseWith("%Y-%m-%d", text);
  const size_t sign = text.find_first_of("+-", space);
  if (sign == absl::string_view::npos) return ParseWith("%Y-%m-%d %H:%M:%E*S", text);
  const std::optional<absl::Duration> offset = ParseOffset(text.substr(sign));
  const std::optional<absl::Time> local = ParseWith("%Y-%m-%d %H:%M:%E*S", text.substr(0, sign));
  if (!offset.has_value() || !local.has_value()) return std::nullopt;
  return *local - *offset;
}

std::optional<std::vector<std::string>> ParsePgArray(absl::string_view text) {
  std::vector<std::string> elements;
  if (text == "{}") return elements;
  if (!absl::ConsumePrefix(&text, "{")) return std::nullopt;
  std::string element;
  do {
    if (!ConsumeElement(text, element)) return std::nullopt;
    elements.push_back(element);
  } while (absl::ConsumePrefix(&text, ","));
  if (text != "}") return std::nullopt;
  return elements;
}

}  // namespace mab
