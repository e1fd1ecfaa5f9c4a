#include "storage/grants.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/error.h"
#include "common/postgres.h"
#include "common/status_macros.h"

namespace mab::storage {
namespace {

// $ROLE is the quoted role.
constexpr char kReset[] = R"sql(
    REVOKE ALL ON ALL TABLES IN SCHEMA mab FROM $ROLE;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mab FROM $ROLE;
    REVOKE ALL ON SCHEMA mab FROM $ROLE;
    GRANT USAGE ON SCHEMA mab TO $ROLE;)sql";

// To lock the journals' positions, as folding minutes does, is to be allowed to change them. Rows
// of visitors are deleted by functions, which do so in archived experiments alone; retire_rows is
// the one of the build before, which runs until it is replaced.
constexpr char kGrantAdmin[] = R"sql(
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mab TO $ROLE;
    REVOKE UPDATE, DELETE ON mab.audit_log FROM $ROLE;
    REVOKE INSERT, UPDATE, DELETE ON mab.migrations, mab.versions, mab.assignments, mab.exposures,
        mab.conversions, mab.set_aside_records FROM $ROLE;
    REVOKE INSERT, DELETE ON mab.journal_positions FROM $ROLE;
    REVOKE UPDATE, DELETE ON mab.api_keys FROM $ROLE;
    GRANT UPDATE (last_use_time, revoke_time) ON mab.api_keys TO $ROLE;
    REVOKE UPDATE, DELETE ON mab.settings FROM $ROLE;
    REVOKE DELETE ON mab.erasures FROM $ROLE;
    GRANT EXECUTE ON FUNCTION mab.retire_rows(uuid, integer),
        mab.retire_rows_after(uuid, bytea, integer), mab.retire_set_aside_records(integer)
        TO $ROLE;)sql";

// By statement: settings_store.cc claims the key's fingerprint, event_store.cc and event_rows.cc
// take events, assignment_store.cc fills the sticky map, migrator.cc looks at the schema's version.
constexpr char kGrantAssignment[] = R"sql(
    GRANT SELECT ON mab.migrations TO $ROLE;
    GRANT SELECT (id, state) ON mab.experiments TO $ROLE;
    GRANT SELECT, INSERT ON mab.settings, mab.versions TO $ROLE;
    GRANT SELECT, INSERT, UPDATE ON mab.assignments, mab.exposures, mab.conversions,
        mab.journal_positions, mab.set_aside_records, mab.variant_totals, mab.arm_totals,
        mab.delay_totals, mab.event_counts TO $ROLE;)sql";

// As migrator.cc: grants of two who migrate at once would disturb each other.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(7168354, 1835624306)";
constexpr char kCurrentUser[] = "SELECT current_user AS role";
constexpr char kIsOwner[] = "SELECT current_user = $1 AS is_owner";
constexpr char kExists[] = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS is_there";

std::string Quoted(absl::string_view role) {
  return absl::StrCat("\"", absl::StrReplaceAll(role, {{"\"", "\"\""}}), "\"");
}

// For two services of one role.
absl::Status CheckIsOwner(PgConnection& db, const std::string& role) {
  MAB_ASSIGN_OR_RETURN(const PgResult owner, db.Execute(kIsOwner, {role}));
  if (owner.Bool(0, "is_owner")) return absl::OkStatus();
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      "MAB_ADMIN_DATABASE_URL and MAB_ASSIGNMENT_DATABASE_URL must name two users");
}

absl::Status Grant(PgConnection& db, const std::string& role, absl::string_view grants) {
  if (role.empty()) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(const PgResult owner, db.Execute(kIsOwner, {role}));
  if (owner.Bool(0, "is_owner")) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(const PgResult exists, db.Execute(kExists, {role}));
  if (!exists.Bool(0, "is_there")) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("the database has no role ", role, ": create it (CREATE ROLE … LOGIN)"));
  }
  return db.ExecuteScript(
      absl::StrReplaceAll(absl::StrCat(kReset, grants), {{"$ROLE", Quoted(role)}}));
}

}  // namespace

absl::StatusOr<std::string> RoleOfUrl(const std::string& url) {
  if (url.empty()) return std::string();
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(url, absl::Seconds(10)));
  MAB_ASSIGN_OR_RETURN(const PgResult rows, connection->Execute(kCurrentUser));
  return std::string(rows.Text(0, "role"));
}

absl::Status ApplyGrants(const std::string& url, const ServiceRoles& roles) {
  if (roles.admin.empty() && roles.assignment.empty()) return absl::OkStatus();
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<PgConnection> connection,
                       PgConnection::Connect(url, absl::Seconds(10)));
  return connection->Transaction([&](PgConnection& db) -> absl::Status {
    MAB_RETURN_IF_ERROR(db.Execute(kLock).status());
    if (roles.admin == roles.assignment) return CheckIsOwner(db, roles.admin);
    MAB_RETURN_IF_ERROR(Grant(db, roles.admin, kGrantAdmin));
    return Grant(db, roles.assignment, kGrantAssignment);
  });
}

}  // namespace mab::storage
