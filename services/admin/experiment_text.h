// What may stand in the texts that people write: valid UTF-8 of a limited number of characters.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/error.h"

namespace mab::admin {

struct TextFacts {
  // Unicode code points.
  size_t characters = 0;
  // Some character is a control character (C0, DEL, C1)…
  bool has_control = false;
  // … and one of them is none of tab, line feed and carriage return.
  bool has_control_beside_breaks = false;
  // Nothing but spaces and control characters.
  bool blank = true;
};

// Nullopt unless `text` is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
std::optional<TextFacts> InspectText(absl::string_view text);

// A name of something: 1 to `characters_max` characters of UTF-8, none of them a control character,
// and not blank. Otherwise a violation of `field`.
void CheckName(absl::string_view field, absl::string_view name, size_t characters_max,
               Violations& violations);

// A key made of a name: its ASCII letters and digits in lower case, anything else between them as
// one '-', at most 64 characters; "experiment" where nothing is left.
std::string SlugOf(absl::string_view name);

// "a", "b", … "z", "aa", "ab", … for 0, 1, …
std::string LetterKey(size_t position);

}  // namespace mab::admin
