// One JSON object in one line, for people and for jq, of values that nobody vouches for.
//
// All of it is printable ASCII: what a terminal might obey, or what is not UTF-8, never gets there.
//
// Thread safety: a value type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mab::assignment {

class JsonLine {
 public:
  // Names are ours: plain ASCII, each once.
  // A byte that is not UTF-8 becomes U+FFFD.
  JsonLine& Text(absl::string_view name, absl::string_view text);
  JsonLine& Hex(absl::string_view name, absl::string_view bytes);
  JsonLine& Integer(absl::string_view name, uint64_t value);
  JsonLine& Bool(absl::string_view name, bool value);
  // The shortest text that reads back as the same double; null where it is not finite or not there.
  JsonLine& Number(absl::string_view name, std::optional<double> value);
  // RFC 3339 in UTC, with microseconds; null where it is not there.
  JsonLine& Time(absl::string_view name, std::optional<absl::Time> time);
  JsonLine& List(absl::string_view name, const std::vector<JsonLine>& objects);

  // "{…}", without a newline.
  std::string ToString() const;

 private:
  // Begins a member: the comma, the name and the colon.
  std::string& Member(absl::string_view name);

  std::string members_;
};

// Whether `text` is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(absl::string_view text);

}  // namespace mab::assignment
