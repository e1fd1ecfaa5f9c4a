#include "admin/password_hasher.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "admin/password.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/status_macros.h"

namespace mab::admin {

absl::StatusOr<std::unique_ptr<PasswordHasher>> PasswordHasher::Create(const Options& options) {
  MAB_ASSIGN_OR_RETURN(std::string nobodys_hash,
                       HashPassword(RandomToken(), options.bcrypt_cost));
  return std::unique_ptr<PasswordHasher>(new PasswordHasher(options, std::move(nobodys_hash)));
}

PasswordHasher::PasswordHasher(const Options& options, std::string nobodys_hash)
    : options_(options), nobodys_hash_(std::move(nobodys_hash)) {}

absl::StatusOr<std::string> PasswordHasher::Hash(absl::string_view password) {
  MAB_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { Leave(); };
  return HashPassword(password, options_.bcrypt_cost);
}

absl::StatusOr<bool> PasswordHasher::Verify(absl::string_view password, const std::string& hash) {
  MAB_RETURN_IF_ERROR(Enter());
  const absl::Cleanup leave = [this] { Leave(); };
  const bool fits = VerifyPassword(password, hash.empty() ? nobodys_hash_ : hash);
  return fits && !hash.empty();
}

int PasswordHasher::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiting_;
}

bool PasswordHasher::HasFreeSlot() const { return running_ < options_.concurrent_max; }

absl::Status PasswordHasher::Enter() {
  absl::MutexLock lock(&mutex_);
  if (!HasFreeSlot()) {
    if (waiting_ >= options_.waiting_max) {
      return UnavailableError(kReasonOverloaded, "too many sign-ins at once");
    }
    ++waiting_;
    mutex_.Await(absl::Condition(this, &PasswordHasher::HasFreeSlot));
    --waiting_;
  }
  ++running_;
  return absl::OkStatus();
}

void PasswordHasher::Leave() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

}  // namespace mab::admin
