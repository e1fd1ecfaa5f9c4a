// Passwords: bcrypt ($2b$) over a keyed digest of the password.
//
// bcrypt reads 72 bytes and stops at a NUL. So it gets base64(HMAC-SHA-256(password)): 44
// characters that depend on every byte. The HMAC's key is a constant of the application: it keeps a
// stolen digest of the same password from elsewhere from being of any use here, and it must never
// change, or no password would fit any more. It is no secret, and has nothing to do with
// JWT_SECRET, which is rotated.
//
// Thread safety: pure functions, but for random bytes. Both take about 0.2 s of CPU at cost 12.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mab::admin {

inline constexpr size_t kPasswordCharactersMin = 12;
inline constexpr size_t kPasswordBytesMax = 1024;
inline constexpr int kBcryptCostMin = 10;
inline constexpr int kBcryptCostMax = 15;

// "$2b$12$…", 60 characters. `cost` is the base-2 logarithm of the number of rounds. INTERNAL where
// libcrypt refuses.
absl::StatusOr<std::string> HashPassword(absl::string_view password, int cost);
// Whether `hash` was made of `password`. False for a text that is no bcrypt hash.
bool VerifyPassword(absl::string_view password, const std::string& hash);
// The cost that `hash` was made with; nullopt for a text that is no bcrypt hash.
std::optional<int> PasswordHashCost(absl::string_view hash);

}  // namespace mab::admin
