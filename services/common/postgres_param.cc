#include "common/postgres_param.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/secret.h"

namespace mab {
namespace {

// True where an array element means the same without quotes.
bool IsPlainElement(absl::string_view text) {
  if (text.empty() || absl::EqualsIgnoreCase(text, "NULL")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '+' ||
           c == ':' || c == '_';
  });
}

}  // namespace

PgParam::PgParam(double value) {
  if (std::isnan(value)) {
    text_ = "NaN";
  } else if (std::isinf(value)) {
    text_ = value > 0 ? "Infinity" : "-Infinity";
  } else {
    char buffer[32];
    const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value);
    text_ = std::string(buffer, end.ptr);
  }
}

PgParam::PgParam(absl::Time time) {
  if (time == absl::InfiniteFuture()) {
    text_ = "infinity";
  } else if (time == absl::InfinitePast()) {
    text_ = "-infinity";
  } else {
    text_ = absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6S+00", time, absl::UTCTimeZone());
  }
}

PgParam PgParam::Bytes(absl::string_view bytes) {
  return PgParam(absl::StrCat("\\x", HexEncode(bytes)));
}

PgParam PgParam::Binary(std::string bytes) {
  PgParam param{std::nullopt};
  param.text_ = std::move(bytes);
  param.is_binary_ = true;
  return param;
}

PgParam PgParam::OutOfRange() {
  PgParam param{std::nullopt};
  param.in_range_ = false;
  return param;
}

void PgArray::Add(const PgParam& element) {
  if (size_++ > 0) text_.push_back(',');
  if (!element.text().has_value()) {
    text_.append("NULL");
    return;
  }
  const std::string& value = *element.text();
  if (IsPlainElement(value)) {
    text_.append(value);
    return;
  }
  text_.push_back('"');
  absl::string_view rest = value;
  for (size_t at = rest.find_first_of("\"\\"); at != absl::string_view::npos;
       at = rest.find_first_of("\"\\", 1)) {
    text_.append(rest.data(), at);
    text_.push_back('\\');
    rest.remove_prefix(at);
  }
  text_.append(rest.data(), rest.size());
  text_.push_back('"');
}

PgParam PgArray::ToParam() const { return PgParam(text_ + "}"); }

}  // namespace mab
