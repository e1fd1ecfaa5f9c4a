#include "admin/account_codec.h"

#include <cstdlib>

#include "admin/account_audit.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using mab::v1::Account;

Account::Role EncodeRole(Role role) {
  switch (role) {
    case Role::kViewer:
      return Account::VIEWER;
    case Role::kEditor:
      return Account::EDITOR;
    case Role::kAdmin:
      return Account::ADMIN;
  }
  std::abort();
}

Account::State EncodeState(AccountState state) {
  switch (state) {
    case AccountState::kPending:
      return Account::PENDING;
    case AccountState::kActive:
      return Account::ACTIVE;
    case AccountState::kDisabled:
      return Account::DISABLED;
  }
  std::abort();
}

}  // namespace

absl::StatusOr<AccountId> DecodeAccountId(absl::string_view id) {
  const absl::StatusOr<Uuid> uuid = Uuid::Parse(id);
  if (!uuid.ok()) return NotFoundError(kReasonAccountNotFound, "there is no such account");
  return AccountId{*uuid};
}

absl::StatusOr<Role> DecodeRole(Account::Role role) {
  switch (role) {
    case Account::VIEWER:
      return Role::kViewer;
    case Account::EDITOR:
      return Role::kEditor;
    case Account::ADMIN:
      return Role::kAdmin;
    default:
      return InvalidArgumentError("role", "must be VIEWER, EDITOR or ADMIN");
  }
}

void EncodeAccount(const storage::Account& account, Account* out) {
  out->set_id(account.id.ToString());
  out->set_email(account.email);
  out->set_role(EncodeRole(account.role));
  out->set_state(EncodeState(StateOf(account)));
  *out->mutable_create_time() = EncodeTime(account.create_time);
  *out->mutable_update_time() = EncodeTime(account.update_time);
}

}  // namespace mab::admin
