#include "admin/audit_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "admin/experiment_text.h"
#include "admin/page_token.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kSubjectIdBytesMax = 128;

// The last entry's id, in hexadecimal.
constexpr size_t kPositionBytes = 16;

std::string TimeText(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::StrCat(absl::ToUnixMicros(*time)) : "";
}

std::string Listed(const AuditListRequest& request) {
  return absl::StrJoin(
      {request.account_id, request.api_key_id, request.action, request.subject_type,
       request.subject_id, TimeText(request.since), TimeText(request.until)},
      "\n");
}

std::string MakeToken(const AuditListRequest& request, int64_t last_id) {
  return MakePageToken(Listed(request),
                       absl::StrCat(absl::Hex(static_cast<uint64_t>(last_id), absl::kZeroPad16)));
}

absl::StatusOr<int64_t> ParseToken(const AuditListRequest& request) {
  MAB_ASSIGN_OR_RETURN(
      const std::string position,
      ParsePageToken(Listed(request), "the filters", kPositionBytes, request.page_token));
  uint64_t id = 0;
  if (!absl::SimpleHexAtoi(position, &id)) {
    return InvalidArgumentError("page_token", "must be the next_page_token of the page before");
  }
  return static_cast<int64_t>(id);
}

// The filter of a text; nullopt: any.
std::optional<std::string> TextFilter(absl::string_view field, const std::string& text,
                                      size_t bytes_max, Violations& violations) {
  if (text.empty()) return std::nullopt;
  const std::optional<TextFacts> facts = InspectText(text);
  if (text.size() > bytes_max || !facts.has_value() || facts->has_control) {
    violations.Add(field, absl::StrCat("must be at most ", bytes_max,
                                       " bytes of UTF-8 without control characters"));
  }
  return text;
}

absl::StatusOr<storage::AuditQuery> MakeQuery(const AuditListRequest& request) {
  Violations violations;
  storage::AuditQuery query;
  query.page_size = ParsePageSize(request.page_size, violations);
  if (!request.account_id.empty()) {
    const absl::StatusOr<Uuid> account = Uuid::Parse(request.account_id);
    if (account.ok()) {
      query.account_id = AccountId{*account};
    } else {
      violations.Add("account_id", "must be the id of an account");
    }
  }
  if (!request.api_key_id.empty()) {
    const absl::StatusOr<Uuid> key = Uuid::Parse(request.api_key_id);
    if (key.ok()) {
      query.api_key_id = ApiKeyId{*key};
    } else {
      violations.Add("api_key_id", "must be the id of an API key");
    }
  }
  query.action = TextFilter("action", request.action, kNameBytesMax, violations);
  query.subject_type = TextFilter("subject_type", request.subject_type, kNameBytesMax, violations);
  query.subject_id = TextFilter("subject_id", request.subject_id, kSubjectIdBytesMax, violations);
  if (query.subject_id.has_value() && !query.subject_type.has_value()) {
    violations.Add("subject_type", "must be given with subject_id");
  }
  query.since = request.since;
  query.until = request.until;
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  if (!request.page_token.empty()) {
    MAB_ASSIGN_OR_RETURN(query.before_id, ParseToken(request));
  }
  return query;
}

}  // namespace

absl::StatusOr<AuditListPage> ListAudit(PgPool& pool, const AuditListRequest& request) {
  MAB_ASSIGN_OR_RETURN(const storage::AuditQuery query, MakeQuery(request));
  storage::AuditPage found;
  MAB_RETURN_IF_ERROR(pool.ReadTransaction([&](PgConnection& db) -> absl::Status {
    MAB_ASSIGN_OR_RETURN(found, storage::AuditStore::List(db, query));
    return absl::OkStatus();
  }));
  AuditListPage page{std::move(found.records), ""};
  if (found.more) page.next_page_token = MakeToken(request, page.records.back().id);
  return page;
}

}  // namespace mab::admin
