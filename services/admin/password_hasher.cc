#include "admin/password_hasher.h"

#include <utility>

#include "admin/password.h"
#include "common/secret.h"
#include "common/status_macros.h"

namespace mab::admin {

absl::StatusOr<std::unique_ptr<PasswordHasher>> PasswordHasher::Create(const Options& options) {
  MAB_ASSIGN_OR_RETURN(std::string nobodys_hash, HashPassword(RandomToken(), options.bcrypt_cost));
  return std::unique_ptr<PasswordHasher>(new PasswordHasher(options, std::move(nobodys_hash)));
}

PasswordHasher::PasswordHasher(const Options& options, std::string nobodys_hash)
    : bcrypt_cost_(options.bcrypt_cost),
      nobodys_hash_(std::move(nobodys_hash)),
      limit_(options.concurrent_max, options.waiting_max) {}

absl::StatusOr<std::string> PasswordHasher::Hash(absl::string_view password) {
  MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
  return HashPassword(password, bcrypt_cost_);
}

absl::StatusOr<bool> PasswordHasher::Verify(absl::string_view password, const std::string& hash) {
  MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter());
  const bool fits = VerifyPassword(password, hash.empty() ? nobodys_hash_ : hash);
  return fits && !hash.empty();
}

}  // namespace mab::admin
