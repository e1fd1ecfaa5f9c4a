// JSON text, written piece by piece: compact, and the same bytes for the same value.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace mab::admin {

// `text` in quotes, with only what must be escaped escaped. REQUIRES: UTF-8.
void AppendJsonString(absl::string_view text, std::string& json);

// The shortest text that reads back as the same double; whole numbers without exponent up to 2^53.
// REQUIRES: finite.
void AppendJsonNumber(double number, std::string& json);

}  // namespace mab::admin
