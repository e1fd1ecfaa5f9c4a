// Random bytes, keyed and plain hashes, constant-time comparison: libsodium behind a few functions.
//
// Thread-safe. The first call initialises libsodium.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mab {

// From the kernel's generator.
std::string RandomBytes(size_t count);
// RandomBytes(32) as URL-safe base64 without padding: 43 characters.
std::string RandomToken();
// BLAKE2b-256: 32 bytes. For tokens of full entropy, never for passwords.
std::string HashToken(absl::string_view token);
// 32 bytes. For what others can compute too; HashToken is for what only we read.
std::string Sha256(absl::string_view message);
// SipHash-2-4 with a 128-bit key and a 128-bit result: 16 bytes. REQUIRES: key.size() == 16.
std::string SipHash128(absl::string_view key, absl::string_view message);
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);
std::string HexEncode(absl::string_view bytes);
// INVALID_ARGUMENT unless an even number of hexadecimal digits.
absl::StatusOr<std::string> HexDecode(absl::string_view hex);

}  // namespace mab
