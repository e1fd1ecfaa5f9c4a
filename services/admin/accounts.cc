#include "admin/accounts.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "admin/account_audit.h"
#include "admin/credentials.h"
#include "admin/page_token.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/status_macros.h"
#include "storage/account_link_store.h"
#include "storage/account_store.h"
#include "storage/refresh_token_store.h"

namespace mab::admin {
namespace {

using storage::Account;
using storage::AccountLinkStore;
using storage::AccountStore;
using storage::RefreshTokenStore;

// What a page token is of.
constexpr char kListed[] = "accounts";

absl::Status AccountNotFound() {
  return NotFoundError(kReasonAccountNotFound, "there is no such account");
}

bool CanAdministrate(const Account& account) {
  return account.role == Role::kAdmin && StateOf(account) == AccountState::kActive;
}

// The actor was an administrator when he was let in; another's change may have come in between.
absl::Status CheckActor(PgConnection& db, const Caller& actor) {
  MAB_ASSIGN_OR_RETURN(const std::optional<Account> account,
                       AccountStore::FindById(db, actor.account_id));
  if (account.has_value() && CanAdministrate(*account)) return absl::OkStatus();
  return PermissionDeniedError("needs the role ADMIN");
}

absl::StatusOr<IssuedLink> IssueLink(PgConnection& db, const Account& account, absl::Time now,
                                     absl::Duration lifetime) {
  IssuedLink link{.account = account, .token = RandomToken(), .expire_time = now + lifetime};
  MAB_RETURN_IF_ERROR(AccountLinkStore::Put(db, {.account_id = account.id,
                                                 .token_hash = HashToken(link.token),
                                                 .create_time = now,
                                                 .expire_time = link.expire_time}));
  return link;
}

}  // namespace

absl::StatusOr<AccountPage> Accounts::List(uint32_t page_size, absl::string_view page_token) {
  MAB_ASSIGN_OR_RETURN(const int size, ParsePageSize(page_size));
  std::optional<AccountId> after;
  if (!page_token.empty()) {
    MAB_ASSIGN_OR_RETURN(const Uuid id, ParseIdPageToken(kListed, "the list", page_token));
    after = AccountId{id};
  }
  AccountPage page;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    // One more tells whether there is another page.
    MAB_ASSIGN_OR_RETURN(page.accounts, AccountStore::List(db, after, size + 1));
    return absl::OkStatus();
  }));
  if (static_cast<int>(page.accounts.size()) > size) {
    page.accounts.pop_back();
    page.next_page_token = MakeIdPageToken(kListed, page.accounts.back().id.uuid);
  }
  return page;
}

absl::StatusOr<Account> Accounts::Get(AccountId id) {
  std::optional<Account> account;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(account, AccountStore::FindById(db, id));
    return absl::OkStatus();
  }));
  if (!account.has_value()) return AccountNotFound();
  return *std::move(account);
}

absl::StatusOr<IssuedLink> Accounts::Invite(const Caller& actor, absl::string_view email,
                                            Role role) {
  Violations violations;
  CheckEmail("email", email, violations);
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  const absl::Time now = clock_->Now();
  const Account account{.id = AccountId{Uuid::NewV7(now)},
                        .email = NormalizeEmail(email),
                        .role = role,
                        .password_hash = "",
                        .disabled = false,
                        .create_time = now,
                        .update_time = now};
  absl::StatusOr<IssuedLink> link;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(AccountStore::LockForChange(db));
    MAB_RETURN_IF_ERROR(CheckActor(db, actor));
    MAB_ASSIGN_OR_RETURN(const int64_t count, AccountStore::Count(db));
    if (count >= kAccountsMax) {
      return FailedPreconditionError(
          kReasonFailedPrecondition,
          absl::StrCat("there are ", kAccountsMax, " accounts: that is as many as there may be"));
    }
    MAB_RETURN_IF_ERROR(AccountStore::Insert(db, account));
    link = IssueLink(db, account, now, kInvitationLifetime);
    MAB_RETURN_IF_ERROR(link.status());
    return AppendAccountAudit(db, now, actor.AsActor(), "invite", nullptr, account);
  }));
  return link;
}

absl::StatusOr<Account> Accounts::ChangeRole(const Caller& actor, AccountId id, Role role) {
  return Change(actor, id, "change_role", [&](PgConnection&, Account& account) {
    account.role = role;
    return absl::OkStatus();
  });
}

absl::StatusOr<Account> Accounts::Disable(const Caller& actor, AccountId id) {
  return Change(actor, id, "disable", [](PgConnection& db, Account& account) {
    account.disabled = true;
    return AccountLinkStore::Delete(db, account.id);
  });
}

absl::StatusOr<Account> Accounts::Enable(const Caller& actor, AccountId id) {
  return Change(actor, id, "enable", [](PgConnection&, Account& account) {
    account.disabled = false;
    return absl::OkStatus();
  });
}

absl::StatusOr<Account> Accounts::EndSessions(const Caller& actor, AccountId id) {
  return Change(actor, id, "end_sessions", [&](PgConnection& db, Account& account) {
    return RefreshTokenStore::RevokeAccount(db, account.id, std::nullopt, clock_->Now());
  });
}

absl::StatusOr<IssuedLink> Accounts::ResetPassword(const Caller& actor, AccountId id) {
  absl::StatusOr<IssuedLink> link;
  MAB_ASSIGN_OR_RETURN(const Account after,
                       Change(actor, id, "reset_password", [&](PgConnection& db, Account& account) {
                         if (account.disabled) {
                           return FailedPreconditionError(
                               kReasonFailedPrecondition,
                               "the account is disabled: enable it first");
                         }
                         account.password_hash.clear();
                         link = IssueLink(db, account, clock_->Now(), kResetLifetime);
                         return link.status();
                       }));
  link->account = after;
  return link;
}

absl::StatusOr<Account> Accounts::Change(
    const Caller& actor, AccountId id, absl::string_view action,
    const std::function<absl::Status(PgConnection&, Account&)>& change) {
  if (id == actor.account_id) {
    return FailedPreconditionError(kReasonFailedPrecondition,
                                   "this is your own account: ask another administrator");
  }
  const absl::Time now = clock_->Now();
  Account after;
  MAB_RETURN_IF_ERROR(pool_->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(AccountStore::LockForChange(db));
    MAB_RETURN_IF_ERROR(CheckActor(db, actor));
    MAB_ASSIGN_OR_RETURN(const std::optional<Account> before,
                         AccountStore::FindByIdForUpdate(db, id));
    if (!before.has_value()) return AccountNotFound();
    after = *before;
    MAB_RETURN_IF_ERROR(change(db, after));
    if (CanAdministrate(*before) && !CanAdministrate(after)) {
      MAB_ASSIGN_OR_RETURN(const bool others, AccountStore::OtherAdministratorExists(db, id));
      if (!others) {
        return FailedPreconditionError(kReasonFailedPrecondition,
                                       "this is the last administrator who can sign in");
      }
    }
    after.update_time = now;
    MAB_RETURN_IF_ERROR(AccountStore::Update(db, after));
    if (StateOf(after) != AccountState::kActive) {
      MAB_RETURN_IF_ERROR(RefreshTokenStore::RevokeAccount(db, id, std::nullopt, now));
    }
    return AppendAccountAudit(db, now, actor.AsActor(), action, &*before, after);
  }));
  return after;
}

}  // namespace mab::admin
