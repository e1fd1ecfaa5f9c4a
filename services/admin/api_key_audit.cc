#include "admin/api_key_audit.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/json_text.h"

namespace mab::admin {
namespace {

absl::string_view StateName(storage::ApiKeyState state) {
  switch (state) {
    case storage::ApiKeyState::kActive:
      return "ACTIVE";
    case storage::ApiKeyState::kExpired:
      return "EXPIRED";
    case storage::ApiKeyState::kRevoked:
      return "REVOKED";
  }
  std::abort();
}

std::string ApiKeyToJson(const storage::ApiKey& key, absl::Time now) {
  std::string json = R"({"name":)";
  AppendJsonString(key.name, json);
  absl::StrAppend(&json, R"(,"scopes":[")", absl::StrJoin(ScopeNames(key.scopes), R"(",")"),
                  R"("],"bulk_exposes":)", key.bulk_exposes ? "true" : "false",
                  R"(,"publishable":)", key.publishable ? "true" : "false", R"(,"state":")",
                  StateName(StateOf(key, now)), R"(","expire_time":)");
  if (key.expire_time.has_value()) {
    absl::StrAppend(&json, "\"",
                    absl::FormatTime(absl::RFC3339_full, *key.expire_time, absl::UTCTimeZone()),
                    "\"}");
  } else {
    json += "null}";
  }
  return json;
}

}  // namespace

std::vector<absl::string_view> ScopeNames(const storage::ApiKeyScopes& scopes) {
  std::vector<absl::string_view> names;
  if (scopes.read) names.push_back("READ");
  if (scopes.write) names.push_back("WRITE");
  if (scopes.assign) names.push_back("ASSIGN");
  return names;
}

absl::Status AppendApiKeyAudit(PgConnection& db, absl::Time at, const storage::AuditActor& actor,
                               absl::string_view action, const storage::ApiKey* before,
                               const storage::ApiKey& after) {
  return storage::AuditStore::Append(
      db,
      {.at = at,
       .actor = actor,
       .action = absl::StrCat("api_key.", action),
       .subject_type = "api_key",
       .subject_id = after.id.ToString(),
       .before_json = before == nullptr ? std::nullopt : std::optional(ApiKeyToJson(*before, at)),
       .after_json = ApiKeyToJson(after, at)});
}

}  // namespace mab::admin
