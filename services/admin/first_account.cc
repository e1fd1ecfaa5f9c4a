#include "admin/first_account.h"

#include <optional>
#include <utility>

#include "admin/account_audit.h"
#include "admin/credentials.h"
#include "common/error.h"
#include "common/log.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "common/uuid.h"
#include "storage/account_store.h"

namespace mab::admin {
namespace {

using storage::Account;
using storage::AccountStore;

absl::Status AccountExists() {
  return FailedPreconditionError(kReasonFailedPrecondition,
                                 "an account exists already: sign in with it");
}

}  // namespace

FirstAccount::FirstAccount(PgPool* pool, PasswordHasher* hasher, const Clock* clock,
                           std::string setup_token)
    : pool_(pool), hasher_(hasher), clock_(clock), setup_token_(std::move(setup_token)) {}

absl::StatusOr<Account> FirstAccount::SetUp(absl::string_view token, absl::string_view email,
                                            absl::string_view password,
                                            const std::optional<std::string>& address) {
  if (setup_token_.empty()) {
    return FailedPreconditionError(kReasonFailedPrecondition, "no set-up link is open");
  }
  if (!ConstantTimeEquals(token, setup_token_)) {
    return UnauthenticatedError("this is not the token of the set-up link");
  }
  Violations violations;
  CheckNewCredentials("email", email, "password", password, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return Create(email, password, address);
}

absl::Status FirstAccount::Ensure(absl::string_view email, absl::string_view password) {
  const absl::Status status = Create(email, password, std::nullopt).status();
  return absl::IsFailedPrecondition(status) ? absl::OkStatus() : status;
}

absl::StatusOr<bool> FirstAccount::AnyExists() {
  bool exists = false;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(exists, AccountStore::AnyExists(db));
    return absl::OkStatus();
  }));
  return exists;
}

absl::StatusOr<Account> FirstAccount::Create(absl::string_view email, absl::string_view password,
                                             const std::optional<std::string>& address) {
  // Looked at twice: here to spare the hash, and again under the lock.
  MAB_ASSIGN_OR_RETURN(const bool exists, AnyExists());
  if (exists) return AccountExists();

  const absl::Time now = clock_->Now();
  Account account{.id = AccountId{Uuid::NewV7(now)},
                  .email = NormalizeEmail(email),
                  .role = storage::Role::kAdmin,
                  .password_hash = "",
                  .disabled = false,
                  .create_time = now,
                  .update_time = now};
  MAB_ASSIGN_OR_RETURN(account.password_hash, hasher_->Hash(password));
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(AccountStore::LockForChange(db));
    MAB_ASSIGN_OR_RETURN(const bool somebody_was_first, AccountStore::AnyExists(db));
    if (somebody_was_first) return AccountExists();
    MAB_RETURN_IF_ERROR(AccountStore::Insert(db, account));
    return AppendAccountAudit(db, now, {.account_id = account.id, .address = address}, "create",
                              nullptr, account);
  }));
  MAB_LOG(kInfo, "created the first administrator", {{"account_id", account.id.ToString()}});
  return account;
}

}  // namespace mab::admin
