// Reads PostgreSQL's text form of values whose form is not obvious.
//
// Thread safety: pure functions. Errors: nullopt where the text is not of the form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mab {

// As PostgreSQL writes a double: "0.1", "1e-300", "NaN", "-Infinity".
std::optional<double> ParsePgDouble(absl::string_view text);
// DateStyle ISO, of any time zone, for the server may be set to any: "2026-11-23
// 01:20:31.123456+00", "…+05:30", "…-00:44:30". Also "2026-11-23", "infinity", "-infinity". No
// offset means UTC; years before Christ are refused.
std::optional<absl::Time> ParsePgTime(absl::string_view text);
// "{a,\"b c\"}": one dimension, lower bound 1, no NULL.
std::optional<std::vector<std::string>> ParsePgArray(absl::string_view text);

}  // namespace mab
