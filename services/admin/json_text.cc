#include "admin/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mab::admin {

void AppendJsonString(absl::string_view text, std::string& json) {
  json.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        json.append("\\\"");
        break;
      case '\\':
        json.append("\\\\");
        break;
      case '\n':
        json.append("\\n");
        break;
      case '\r':
        json.append("\\r");
        break;
      case '\t':
        json.append("\\t");
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          absl::StrAppendFormat(&json, "\\u%04x", static_cast<uint8_t>(c));
        } else {
          json.push_back(c);
        }
    }
  }
  json.push_back('"');
}

void AppendJsonNumber(double number, std::string& json) {
  constexpr double kExactIntegerMax = 9007199254740992;  // 2^53
  if (number == std::trunc(number) && std::abs(number) <= kExactIntegerMax) {
    absl::StrAppend(&json, static_cast<int64_t>(number));  // -0 becomes 0
    return;
  }
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  json.append(buffer, end.ptr);
}

}  // namespace mab::admin
