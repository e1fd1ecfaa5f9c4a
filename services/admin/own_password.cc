#include "admin/own_password.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/account_audit.h"
#include "admin/credentials.h"
#include "admin/password.h"
#include "admin/security_log.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/account_link_store.h"
#include "storage/account_store.h"
#include "storage/refresh_token_store.h"

namespace mab::admin {
namespace {

using storage::Account;
using storage::AccountLink;
using storage::AccountLinkStore;
using storage::AccountStore;
using storage::RefreshTokenStore;

// RandomToken makes 43 characters; a longer text is none of ours, and is not hashed.
constexpr size_t kLinkTokenBytesMax = 64;

absl::Status LinkNotFound() {
  return NotFoundError(kReasonLinkNotFound,
                       "this link is not valid any more: ask an administrator for a new one");
}

absl::Status SessionEnded() { return UnauthenticatedError("the session has ended: sign in again"); }

void CheckCurrentSize(absl::string_view current, Violations& violations) {
  if (!current.empty() && current.size() <= kPasswordBytesMax) return;
  violations.Add("current_password", absl::StrCat("must be 1 to ", kPasswordBytesMax, " bytes"));
}

}  // namespace

absl::StatusOr<Account> OwnPassword::SetByLink(absl::string_view token, absl::string_view password,
                                               const std::optional<std::string>& address) {
  if (token.size() > kLinkTokenBytesMax) return LinkNotFound();
  const std::string token_hash = HashToken(token);
  absl::StatusOr<Account> account;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) {
    account = FindByLink(db, token_hash);
    return account.status();
  }));
  Violations violations;
  CheckNewPassword("password", password, account->email, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  // No connection is held while bcrypt works, so the link is looked at again.
  MAB_ASSIGN_OR_RETURN(const std::string hash, hasher_->Hash(password, Place::kReserved));
  absl::StatusOr<Account> after;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(AccountStore::LockForChange(db));
    MAB_ASSIGN_OR_RETURN(const Account before, FindByLink(db, token_hash));
    after = Replace(db, before, {"set_password", hash, std::nullopt, address});
    return after.status();
  }));
  return after;
}

absl::Status OwnPassword::Change(const Caller& caller, absl::string_view current,
                                 absl::string_view replacement) {
  MAB_ASSIGN_OR_RETURN(const Account account, FindAccount(caller));
  Violations violations;
  CheckCurrentSize(current, violations);
  CheckNewPassword("new_password", replacement, account.email, violations);
  if (violations.empty() && replacement == current) {
    violations.Add("new_password", "must be another one than the current");
  }
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  MAB_RETURN_IF_ERROR(CheckCurrent(account, current, caller.address));
  MAB_ASSIGN_OR_RETURN(const std::string hash, hasher_->Hash(replacement, Place::kReserved));
  return pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(AccountStore::LockForChange(db));
    MAB_ASSIGN_OR_RETURN(const std::optional<Account> before,
                         AccountStore::FindByIdForUpdate(db, caller.account_id));
    // Somebody may have reset the password, or disabled the account, in between.
    if (!before.has_value() || before->disabled || before->password_hash != account.password_hash) {
      return SessionEnded();
    }
    return Replace(db, *before, {"change_password", hash, caller.session_id, caller.address})
        .status();
  });
}

absl::Status OwnPassword::Confirm(const Caller& caller, absl::string_view current) {
  Violations violations;
  CheckCurrentSize(current, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  MAB_ASSIGN_OR_RETURN(const Account account, FindAccount(caller));
  return CheckCurrent(account, current, caller.address);
}

absl::StatusOr<Account> OwnPassword::FindAccount(const Caller& caller) {
  std::optional<Account> account;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(account, AccountStore::FindById(db, caller.account_id));
    return absl::OkStatus();
  }));
  if (!account.has_value()) return SessionEnded();
  return *std::move(account);
}

absl::Status OwnPassword::CheckCurrent(const Account& account, absl::string_view current,
                                       const std::optional<std::string>& address) {
  absl::StatusOr<LoginDelays::Attempt> attempt = delays_->Begin(account.email, address);
  if (!attempt.ok()) {
    LogDelayedSignIn(address);
    return attempt.status();
  }
  const absl::StatusOr<bool> fits =
      hasher_->Verify(current, account.password_hash, Place::kReserved);
  if (!fits.ok()) {
    attempt->Withdraw();
    return fits.status();
  }
  if (!*fits) {
    LogFailedSignIn(account.id, address);
    return InvalidArgumentError("current_password", "is not the current password");
  }
  attempt->Succeeded();
  return absl::OkStatus();
}

absl::StatusOr<Account> OwnPassword::FindByLink(PgConnection& db, absl::string_view token_hash) {
  MAB_ASSIGN_OR_RETURN(const std::optional<AccountLink> link,
                       AccountLinkStore::Find(db, token_hash, clock_->Now()));
  if (!link.has_value()) return LinkNotFound();
  MAB_ASSIGN_OR_RETURN(std::optional<Account> account,
                       AccountStore::FindByIdForUpdate(db, link->account_id));
  if (!account.has_value() || account->disabled) return LinkNotFound();
  return *std::move(account);
}

absl::StatusOr<Account> OwnPassword::Replace(PgConnection& db, const Account& before,
                                             const Replacement& replacement) {
  const absl::Time now = clock_->Now();
  Account after = before;
  after.password_hash = replacement.hash;
  after.update_time = now;
  MAB_RETURN_IF_ERROR(AccountStore::Update(db, after));
  MAB_RETURN_IF_ERROR(AccountLinkStore::Delete(db, after.id));
  MAB_RETURN_IF_ERROR(
      RefreshTokenStore::RevokeAccount(db, after.id, replacement.kept_session, now));
  MAB_RETURN_IF_ERROR(AppendAccountAudit(db, now,
                                         {.account_id = after.id, .address = replacement.address},
                                         replacement.action, &before, after));
  return after;
}

}  // namespace mab::admin
