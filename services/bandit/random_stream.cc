#include "bandit/random_stream.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace mab::bandit {
namespace {

static_assert(sizeof(Salt) == crypto_shorthash_siphashx24_KEYBYTES);

constexpr size_t kUserBytes = 16;
constexpr size_t kVersionBytes = 8;
constexpr size_t kStreamBytes = 4;

void StoreLittleEndian(uint64_t value, size_t bytes, uint8_t* out) {
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t LoadLittleEndian64(const uint8_t* in) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value |= static_cast<uint64_t>(in[i]) << (8 * i);
  return value;
}

PhiloxKey StreamKey(const Salt& salt, const UserHash& user, uint64_t version, uint32_t stream) {
  std::array<uint8_t, kUserBytes + kVersionBytes + kStreamBytes> message;
  std::copy(user.bytes.begin(), user.bytes.end(), message.begin());
  StoreLittleEndian(version, kVersionBytes, message.data() + kUserBytes);
  StoreLittleEndian(stream, kStreamBytes, message.data() + kUserBytes + kVersionBytes);
  std::array<uint8_t, crypto_shorthash_siphashx24_BYTES> hash;
  crypto_shorthash_siphashx24(hash.data(), message.data(), message.size(), salt.data());
  return {LoadLittleEndian64(hash.data()), LoadLittleEndian64(hash.data() + 8)};
}

}  // namespace

RandomStream::RandomStream(const Salt& salt, const UserHash& user, uint64_t version,
                           uint32_t stream)
    : key_(StreamKey(salt, user, version, stream)) {}

}  // namespace mab::bandit
