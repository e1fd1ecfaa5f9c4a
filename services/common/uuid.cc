#include "common/uuid.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab {
namespace {

constexpr size_t kTextSize = 36;

bool IsHyphenPosition(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

absl::Status NotAUuid() {
  return InvalidArgumentError("uuid", "must be a UUID like 0198f3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
}

}  // namespace

Uuid Uuid::NewV7(absl::Time now) {
  Uuid uuid;
  const std::string random = RandomBytes(10);
  const auto milliseconds = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) {
    uuid.bytes[i] = static_cast<uint8_t>(milliseconds >> (40 - 8 * i));
  }
  std::copy(random.begin(), random.end(), uuid.bytes.begin() + 6);
  uuid.bytes[6] = (uuid.bytes[6] & 0x0f) | 0x70;  // version 7
  uuid.bytes[8] = (uuid.bytes[8] & 0x3f) | 0x80;  // the variant of RFC 9562
  return uuid;
}

absl::Time Uuid::V7Time() const {
  uint64_t milliseconds = 0;
  for (int i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | bytes[i];
  return absl::FromUnixMillis(static_cast<int64_t>(milliseconds));
}

absl::StatusOr<Uuid> Uuid::Parse(absl::string_view text) {
  if (text.size() != kTextSize) return NotAUuid();
  std::string hex;
  hex.reserve(32);
  for (size_t i = 0; i < kTextSize; ++i) {
    if (IsHyphenPosition(i)) {
      if (text[i] != '-') return NotAUuid();
      continue;
    }
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return NotAUuid();
    hex.push_back(text[i]);
  }
  const absl::StatusOr<std::string> bytes = HexDecode(hex);
  if (!bytes.ok()) return NotAUuid();
  return FromBytes(*bytes);
}

absl::StatusOr<Uuid> Uuid::FromBytes(absl::string_view bytes) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) {
    return InvalidArgumentError("uuid", "must be 16 bytes");
  }
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  return uuid;
}

std::string Uuid::ToString() const {
  const std::string hex = HexEncode(AsBytes());
  std::string text;
  text.reserve(kTextSize);
  for (const char digit : hex) {
    if (IsHyphenPosition(text.size())) text.push_back('-');
    text.push_back(digit);
  }
  return text;
}

}  // namespace mab
