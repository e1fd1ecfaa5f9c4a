// Events as bytes: the bodies of the journal's records.
//
// A body is little-endian, without padding: a byte for the version of its type's form, then the
// fields in the order of storage/event.h. Times are int64 microseconds since 1970; ids, hashes and
// salts are their 16 bytes; a boolean is 0 or 1; a string has its length before it (uint8), a list
// its count (uint16); an optional value has a boolean before it. A form that changes gets the next
// version, and the old one is still read.
//
// What the decoder takes is exactly what the encoder gives: a value that would not be read back is
// not written.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/event.h"

namespace mab::assignment {

// The journal's record types. Their numbers are on disk: never change one, never use one again.
enum class RecordType : uint8_t {
  kVersion = 1,
  kAssignment = 2,
  kExposure = 3,
  kConversion = 4,
  kCount = 5,
  kErasure = 6,
};

inline constexpr size_t kEventIdBytesMax = 128;
inline constexpr size_t kVersionArmsMax = 100;

RecordType TypeOf(const storage::Event& event);
// "assignment", …; "unknown" for a number that is no type.
absl::string_view RecordTypeName(RecordType type);

// Appends the body to `body`. INVALID_ARGUMENT, and nothing appended, when a limit is exceeded, a
// number is not finite or a time is infinite.
absl::Status EncodeEvent(const storage::Event& event, std::string* body);

// DATA_LOSS when the bytes are not a body of that type; FAILED_PRECONDITION when the type, or the
// version of its form, is one that this build does not know.
absl::StatusOr<storage::Event> DecodeEvent(RecordType type, absl::string_view body);

}  // namespace mab::assignment
