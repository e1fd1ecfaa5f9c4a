#include "admin/experiment_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/experiment.h"

namespace mab::admin {
namespace {

constexpr uint32_t kInvalid = 0xFFFFFFFF;

// The code point at the start of `text`, which is cut off; kInvalid where there is none.
uint32_t TakeCodePoint(absl::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 0 || lead > 0xF4 || text.size() < length) return kInvalid;
  // A lead byte of n bytes has 7 - n bits of the code point (7 in a single byte).
  uint32_t code_point = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kInvalid;
    code_point = (code_point << 6) | (byte(i) & 0x3Fu);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return kInvalid;
  text.remove_prefix(length);
  return code_point;
}

}  // namespace

std::optional<TextFacts> InspectText(absl::string_view text) {
  TextFacts facts;
  while (!text.empty()) {
    const uint32_t c = TakeCodePoint(text);
    if (c == kInvalid) return std::nullopt;
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool line_break = c == '\t' || c == '\n' || c == '\r';
    facts.has_control |= control;
    facts.has_control_beside_breaks |= control && !line_break;
    facts.blank &= control || c == ' ';
    ++facts.characters;
  }
  return facts;
}

void CheckName(absl::string_view field, absl::string_view name, size_t characters_max,
               Violations& violations) {
  const std::optional<TextFacts> facts = InspectText(name);
  if (!facts.has_value()) {
    violations.Add(field, "must be UTF-8");
  } else if (facts->characters < 1 || facts->characters > characters_max) {
    violations.Add(field, absl::StrCat("must be 1 to ", characters_max, " characters"));
  } else if (facts->has_control) {
    violations.Add(field, "must not contain control characters");
  } else if (facts->blank) {
    violations.Add(field, "must not be blank");
  }
}

std::string SlugOf(absl::string_view name) {
  std::string slug;
  bool gap = false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c)) {
      gap = !slug.empty();
      continue;
    }
    if (slug.size() + (gap ? 2 : 1) > storage::kKeyLengthMax) break;
    if (gap) slug.push_back('-');
    gap = false;
    slug.push_back(absl::ascii_tolower(c));
  }
  return slug.empty() ? "experiment" : slug;
}

std::string LetterKey(size_t position) {
  std::string key;
  // Bijective base 26: there is no zero, so each place but the last counts from one.
  for (size_t rest = position + 1; rest > 0; rest = (rest - 1) / 26) {
    key.push_back(static_cast<char>('a' + (rest - 1) % 26));
  }
  std::reverse(key.begin(), key.end());
  return key;
}

}  // namespace mab::admin
