#include "assignment/json_line.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mab::assignment {
namespace {

// Takes the character at the front of `text`; nullopt, and one byte taken, where it is not UTF-8.
// REQUIRES: !text.empty().
std::optional<uint32_t> TakeCharacter(absl::string_view& text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80   ? 1
                      : first < 0xc2 ? 0
                      : first < 0xe0 ? 2
                      : first < 0xf0 ? 3
                      : first < 0xf5 ? 4
                                     : 0;
  uint32_t character = first;
  if (size > 1) character = first & (0x7f >> size);
  bool valid = size > 0 && size <= text.size();
  for (size_t i = 1; valid && i < size; ++i) {
    valid = (byte(i) & 0xc0) == 0x80;
    character = character << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  valid = valid && !overlong && !surrogate && character <= 0x10ffff;
  text.remove_prefix(valid ? size : 1);
  return valid ? std::optional<uint32_t>(character) : std::nullopt;
}

void AppendCharacter(uint32_t character, std::string& json) {
  if (character == '"' || character == '\\') {
    json.push_back('\\');
    json.push_back(static_cast<char>(character));
  } else if (character >= 0x20 && character < 0x7f) {
    json.push_back(static_cast<char>(character));
  } else if (character < 0x10000) {
    absl::StrAppendFormat(&json, "\\u%04x", character);
  } else {
    const uint32_t above = character - 0x10000;
    absl::StrAppendFormat(&json, "\\u%04x\\u%04x", 0xd800 + (above >> 10),
                          0xdc00 + (above & 0x3ff));
  }
}

}  // namespace

std::string& JsonLine::Member(absl::string_view name) {
  absl::StrAppend(&members_, members_.empty() ? "\"" : ",\"", name, "\":");
  return members_;
}

JsonLine& JsonLine::Text(absl::string_view name, absl::string_view text) {
  std::string& json = Member(name);
  json.push_back('"');
  while (!text.empty()) AppendCharacter(TakeCharacter(text).value_or(0xfffd), json);
  json.push_back('"');
  return *this;
}

JsonLine& JsonLine::Hex(absl::string_view name, absl::string_view bytes) {
  absl::StrAppend(&Member(name), "\"", absl::BytesToHexString(bytes), "\"");
  return *this;
}

JsonLine& JsonLine::Integer(absl::string_view name, uint64_t value) {
  absl::StrAppend(&Member(name), value);
  return *this;
}

JsonLine& JsonLine::Bool(absl::string_view name, bool value) {
  absl::StrAppend(&Member(name), value ? "true" : "false");
  return *this;
}

JsonLine& JsonLine::Number(absl::string_view name, std::optional<double> value) {
  std::string& json = Member(name);
  if (!value.has_value() || !std::isfinite(*value)) {
    json.append("null");
    return *this;
  }
  std::array<char, 32> text;  // the longest is "-1.7976931348623157e+308"
  json.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), *value).ptr);
  return *this;
}

JsonLine& JsonLine::Time(absl::string_view name, std::optional<absl::Time> time) {
  std::string& json = Member(name);
  if (!time.has_value()) {
    json.append("null");
    return *this;
  }
  absl::StrAppend(&json, "\"",
                  absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", *time, absl::UTCTimeZone()), "\"");
  return *this;
}

JsonLine& JsonLine::List(absl::string_view name, const std::vector<JsonLine>& objects) {
  std::string& json = Member(name);
  json.push_back('[');
  for (size_t i = 0; i < objects.size(); ++i) {
    absl::StrAppend(&json, i == 0 ? "" : ",", objects[i].ToString());
  }
  json.push_back(']');
  return *this;
}

std::string JsonLine::ToString() const { return absl::StrCat("{", members_, "}"); }

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (!TakeCharacter(text).has_value()) return false;
  }
  return true;
}

}  // namespace mab::assignment
