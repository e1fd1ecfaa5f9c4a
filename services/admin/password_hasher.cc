#include "admin/password_hasher.h"

#include <algorithm>
#include <utility>

#include "admin/password.h"
#include "common/secret.h"
#include "common/status_macros.h"

namespace mab::admin {

int HashesAtOnce(unsigned processors) {
  return static_cast<int>(std::clamp(processors / 2, 1U, 4U));
}

absl::StatusOr<std::unique_ptr<PasswordHasher>> PasswordHasher::Create(const Options& options) {
  std::vector<std::string> nobodys_hashes;
  for (int cost = kBcryptCostMin; cost <= options.bcrypt_cost; ++cost) {
    MAB_ASSIGN_OR_RETURN(std::string hash, HashPassword(RandomToken(), cost));
    nobodys_hashes.push_back(std::move(hash));
  }
  return std::unique_ptr<PasswordHasher>(new PasswordHasher(options, std::move(nobodys_hashes)));
}

PasswordHasher::PasswordHasher(const Options& options, std::vector<std::string> nobodys_hashes)
    : bcrypt_cost_(options.bcrypt_cost),
      nobodys_hashes_(std::move(nobodys_hashes)),
      limit_(options.concurrent_max, options.waiting_max,
             std::min(options.reserved, options.waiting_max)) {}

absl::StatusOr<std::string> PasswordHasher::Hash(absl::string_view password, Place place) {
  MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter(place));
  return HashPassword(password, bcrypt_cost_);
}

absl::StatusOr<bool> PasswordHasher::Verify(absl::string_view password, const std::string& hash,
                                            Place place) {
  MAB_ASSIGN_OR_RETURN(const ConcurrencyLimit::Ticket ticket, limit_.Enter(place));
  const bool fits = VerifyPassword(password, hash.empty() ? nobodys_hashes_.back() : hash);
  // 2^c + 2^c + 2^(c+1) + … + 2^(today-1) = 2^today.
  const int cost = PasswordHashCost(hash).value_or(bcrypt_cost_);
  for (int c = std::max(cost, kBcryptCostMin); c < bcrypt_cost_; ++c) {
    VerifyPassword(password, nobodys_hashes_[static_cast<size_t>(c - kBcryptCostMin)]);
  }
  return fits && !hash.empty();
}

bool PasswordHasher::NeedsRehash(absl::string_view hash) const {
  return PasswordHashCost(hash) != bcrypt_cost_;
}

}  // namespace mab::admin
