#include "storage/role_check.h"

#include "absl/strings/str_join.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

constexpr char kAdminSql[] = R"sql(
    SELECT privilege || ' ' || name AS excess
    FROM (VALUES ('UPDATE', 'mab.audit_log'), ('DELETE', 'mab.audit_log'),
                 ('TRUNCATE', 'mab.audit_log'), ('UPDATE', 'mab.api_keys'),
                 ('UPDATE', 'mab.settings'), ('DELETE', 'mab.erasures'),
                 ('UPDATE', 'mab.versions'), ('DELETE', 'mab.assignments'),
                 ('DELETE', 'mab.exposures'), ('DELETE', 'mab.conversions'))
      AS never (privilege, name)
    WHERE has_table_privilege(name, privilege))sql";

constexpr char kAssignmentSql[] = R"sql(
    SELECT privilege || ' ' || name AS excess
    FROM (VALUES ('SELECT', 'mab.accounts'), ('SELECT', 'mab.refresh_tokens'),
                 ('SELECT', 'mab.account_links'), ('SELECT', 'mab.api_keys'),
                 ('SELECT', 'mab.audit_log'), ('DELETE', 'mab.audit_log'),
                 ('UPDATE', 'mab.settings'), ('UPDATE', 'mab.experiments'),
                 ('DELETE', 'mab.assignments'))
      AS never (privilege, name)
    WHERE has_table_privilege(name, privilege))sql";

}  // namespace

absl::StatusOr<std::vector<std::string>> ExcessPrivileges(PgPool& pool, DatabaseUser user) {
  MAB_ASSIGN_OR_RETURN(const PgResult rows,
                       pool.Execute(user == DatabaseUser::kAdmin ? kAdminSql : kAssignmentSql));
  std::vector<std::string> excess;
  for (int row = 0; row < rows.rows(); ++row) excess.emplace_back(rows.Text(row, "excess"));
  return excess;
}

void WarnOfExcessPrivileges(PgPool& pool, DatabaseUser user) {
  const auto excess = ExcessPrivileges(pool, user);
  if (!excess.ok()) {
    MAB_LOG(kWarning, "what this service's role in the database may do could not be found out",
            {{"error", excess.status()}});
  } else if (!excess->empty()) {
    MAB_LOG(kWarning,
            "INSECURE: this service's role in the database may do what the service never does; "
            "give it a role of its own",
            {{"privileges", absl::StrJoin(*excess, ", ")},
             {"setting", user == DatabaseUser::kAdmin ? "MAB_ADMIN_DATABASE_URL"
                                                      : "MAB_ASSIGNMENT_DATABASE_URL"}});
  }
}

}  // namespace mab::storage
