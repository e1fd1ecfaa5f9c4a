#include "common/secret.h"

#include <sodium.h>

#include <cstdlib>

#include "common/error.h"

namespace mab {
namespace {

// sodium_init may be called from any thread, any number of times; only the first call does
// something.
void EnsureSodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

const unsigned char* Unsigned(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Unsigned(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string RandomBytes(size_t count) {
  EnsureSodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string RandomToken() {
  const std::string bytes = RandomBytes(32);
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  // The encoder writes a final NUL, which is not part of the token.
  std::string token(sodium_base64_encoded_len(32, kVariant), '\0');
  sodium_bin2base64(token.data(), token.size(), Unsigned(bytes), bytes.size(), kVariant);
  token.pop_back();
  return token;
}

std::string HashToken(absl::string_view token) {
  EnsureSodium();
  std::string hash(32, '\0');
  crypto_generichash(Unsigned(hash), hash.size(), Unsigned(token), token.size(), nullptr, 0);
  return hash;
}

std::string Sha256(absl::string_view message) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(Unsigned(hash), Unsigned(message), message.size());
  return hash;
}

std::string SipHash128(absl::string_view key, absl::string_view message) {
  if (key.size() != crypto_shorthash_siphashx24_KEYBYTES) std::abort();
  std::string hash(crypto_shorthash_siphashx24_BYTES, '\0');
  crypto_shorthash_siphashx24(Unsigned(hash), Unsigned(message), message.size(), Unsigned(key));
  return hash;
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  // The length is not a secret; the content is.
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

std::string HexEncode(absl::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(bytes.size() * 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex[2 * i] = kDigits[byte >> 4];
    hex[2 * i + 1] = kDigits[byte & 15];
  }
  return hex;
}

absl::StatusOr<std::string> HexDecode(absl::string_view hex) {
  if (hex.size() % 2 != 0) {
    return InvalidArgumentError("hex", "must have an even number of hexadecimal digits");
  }
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) {
      return InvalidArgumentError("hex", "must be hexadecimal digits");
    }
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace mab
