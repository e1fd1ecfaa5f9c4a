#include "admin/account_audit.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "admin/json_text.h"

namespace mab::admin {
namespace {

absl::string_view StateName(AccountState state) {
  switch (state) {
    case AccountState::kPending:
      return "PENDING";
    case AccountState::kActive:
      return "ACTIVE";
    case AccountState::kDisabled:
      return "DISABLED";
  }
  std::abort();
}

std::string AccountToJson(const storage::Account& account) {
  std::string json = R"({"email":)";
  AppendJsonString(account.email, json);
  absl::StrAppend(&json, R"(,"role":")", storage::RoleName(account.role), R"(","state":")",
                  StateName(StateOf(account)), R"("})");
  return json;
}

}  // namespace

AccountState StateOf(const storage::Account& account) {
  if (account.disabled) return AccountState::kDisabled;
  return account.password_hash.empty() ? AccountState::kPending : AccountState::kActive;
}

absl::Status AppendAccountAudit(PgConnection& db, absl::Time at, const storage::AuditActor& actor,
                                absl::string_view action, const storage::Account* before,
                                const storage::Account& after) {
  storage::AuditEntry entry;
  entry.at = at;
  entry.actor = actor;
  entry.action = absl::StrCat("account.", action);
  entry.subject_type = "account";
  entry.subject_id = after.id.ToString();
  if (before != nullptr) entry.before_json = AccountToJson(*before);
  entry.after_json = AccountToJson(after);
  return storage::AuditStore::Append(db, entry);
}

}  // namespace mab::admin
