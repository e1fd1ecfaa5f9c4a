#include "admin/password.h"

#include <crypt.h>
#include <sodium.h>

#include <array>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab::admin {
namespace {

constexpr absl::string_view kDigestKey = "mab account password, version 1";
constexpr size_t kSaltBytes = 16;

std::string PasswordDigest(absl::string_view password) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(kDigestKey.data()),
                              kDigestKey.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(password.data()),
                                password.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest;
  crypto_auth_hmacsha256_final(&state, digest.data());
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// Empty where libcrypt refuses the setting. crypt_data has 32 KiB: too much for a thread's stack.
std::string Bcrypt(const std::string& phrase, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash =
      crypt_rn(phrase.c_str(), setting.c_str(), data.get(), static_cast<int>(sizeof(crypt_data)));
  return hash == nullptr ? std::string() : std::string(hash);
}

}  // namespace

absl::StatusOr<std::string> HashPassword(absl::string_view password, int cost) {
  const std::string salt = RandomBytes(kSaltBytes);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting;
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), salt.data(),
                       static_cast<int>(salt.size()), setting.data(),
                       static_cast<int>(setting.size())) == nullptr) {
    return InternalError("libcrypt makes no bcrypt salt");
  }
  const std::string hash = Bcrypt(PasswordDigest(password), setting.data());
  if (hash.empty()) return InternalError("libcrypt makes no bcrypt hash");
  return hash;
}

bool VerifyPassword(absl::string_view password, const std::string& hash) {
  if (hash.rfind("$2b$", 0) != 0) return false;
  const std::string computed = Bcrypt(PasswordDigest(password), hash);
  return !computed.empty() && ConstantTimeEquals(computed, hash);
}

std::optional<int> PasswordHashCost(absl::string_view hash) {
  int cost = 0;
  if (!absl::ConsumePrefix(&hash, "$2b$") || hash.size() < 3 || hash[2] != '$' ||
      !absl::SimpleAtoi(hash.substr(0, 2), &cost)) {
    return std::nullopt;
  }
  return cost;
}

}  // namespace mab::admin
