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
  return storage::AuditStore::Append(
      db, {.at = at,
           .actor = actor,
           .action = absl::StrCat("account.", action),
           .subject_type = "account",
           .subject_id = after.id.ToString(),
           .before_json = before == nullptr ? std::nullopt : std::optional(AccountToJson(*before)),
           .after_json = AccountToJson(after)});
}

}  // namespace mab::admin
