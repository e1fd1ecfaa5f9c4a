#include "admin/audit_service.h"

#include <algorithm>
#include <optional>
#include <string>

#include "admin/audit_reader.h"
#include "admin/experiment_payload_codec.h"
#include "admin/time_codec.h"
#include "common/rpc_status.h"
#include "common/status_macros.h"

namespace mab::admin {
namespace {

// How deep a side may be nested in an answer: three messages a level, of the 100 that protobuf
// reads.
constexpr int kSideDepthMax = 30;

absl::StatusOr<AuditListRequest> Decode(const mab::v1::ListAuditEntriesRequest& request) {
  Violations violations;
  AuditListRequest decoded{
      .page_size = request.page_size(),
      .page_token = request.page_token(),
      .account_id = request.account_id(),
      .api_key_id = request.api_key_id(),
      .action = request.action(),
      .subject_type = request.subject_type(),
      .subject_id = request.subject_id(),
      .since = DecodeTime(request.has_since(), request.since(), "since", violations),
      .until = DecodeTime(request.has_until(), request.until(), "until", violations)};
  MAB_RETURN_IF_ERROR(violations.ToStatus());
  return decoded;
}

// How deep arrays and objects are nested in a JSON text.
int DepthOf(const std::string& json) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

bool Fits(const std::optional<std::string>& json) {
  return !json.has_value() || DepthOf(*json) <= kSideDepthMax;
}

absl::Status Encode(const storage::AuditRecord& record, mab::v1::AuditEntry* out) {
  const storage::AuditEntry& entry = record.entry;
  *out->mutable_at() = EncodeTime(entry.at);
  if (entry.actor.account_id.has_value()) {
    out->mutable_account()->set_id(entry.actor.account_id->ToString());
    out->mutable_account()->set_email(record.email.value_or(""));
  }
  if (entry.actor.api_key_id.has_value()) {
    out->mutable_api_key()->set_id(entry.actor.api_key_id->ToString());
    out->mutable_api_key()->set_name(record.api_key_name.value_or(""));
  }
  out->set_address(entry.actor.address.value_or(""));
  out->set_action(entry.action);
  out->set_subject_type(entry.subject_type);
  out->set_subject_id(entry.subject_id);
  out->set_sides_omitted(record.sides_omitted || !Fits(entry.before_json) ||
                         !Fits(entry.after_json));
  if (out->sides_omitted()) return absl::OkStatus();
  if (entry.before_json.has_value()) {
    MAB_RETURN_IF_ERROR(EncodePayload(*entry.before_json, *out->mutable_before()));
  }
  if (entry.after_json.has_value()) {
    MAB_RETURN_IF_ERROR(EncodePayload(*entry.after_json, *out->mutable_after()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::Status AuditServiceImpl::ListAuditEntries(grpc::ServerContext* context,
                                                const mab::v1::ListAuditEntriesRequest* request,
                                                mab::v1::ListAuditEntriesResponse* response) {
  return ToGrpcStatus([&]() -> absl::Status {
    MAB_RETURN_IF_ERROR(
        authorizer_->Authorize(*context, "mab.v1.AuditService/ListAuditEntries").status());
    MAB_ASSIGN_OR_RETURN(const AuditListRequest query, Decode(*request));
    MAB_ASSIGN_OR_RETURN(const AuditListPage page, ListAudit(*pool_, query));
    for (const storage::AuditRecord& record : page.records) {
      MAB_RETURN_IF_ERROR(Encode(record, response->add_entries()));
    }
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  }());
}

}  // namespace mab::admin
