#include "admin/api_key_codec.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "admin/time_codec.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using mab::v1::ApiKey;

ApiKey::State EncodeState(storage::ApiKeyState state) {
  switch (state) {
    case storage::ApiKeyState::kActive:
      return ApiKey::ACTIVE;
    case storage::ApiKeyState::kExpired:
      return ApiKey::EXPIRED;
    case storage::ApiKeyState::kRevoked:
      return ApiKey::REVOKED;
  }
  std::abort();
}

// Where `scopes` keeps that one; nullptr for what is no scope.
bool* PlaceOf(int scope, storage::ApiKeyScopes& scopes) {
  switch (scope) {
    case ApiKey::READ:
      return &scopes.read;
    case ApiKey::WRITE:
      return &scopes.write;
    case ApiKey::ASSIGN:
      return &scopes.assign;
    default:
      return nullptr;
  }
}

// The first that is wrong is named: a list may have any length.
storage::ApiKeyScopes DecodeScopes(const mab::v1::CreateApiKeyRequest& request,
                                   Violations& violations) {
  storage::ApiKeyScopes scopes;
  if (request.scopes().empty()) {
    violations.Add("scopes", "must have at least one of READ, WRITE and ASSIGN");
  }
  for (int i = 0; i < request.scopes_size(); ++i) {
    bool* const place = PlaceOf(request.scopes(i), scopes);
    if (place == nullptr || *place) {
      violations.Add(absl::StrCat("scopes[", i, "]"),
                     place == nullptr ? "must be READ, WRITE or ASSIGN" : "must not be repeated");
      break;
    }
    *place = true;
  }
  return scopes;
}

}  // namespace

absl::StatusOr<ApiKeyId> DecodeApiKeyId(absl::string_view id) {
  const absl::StatusOr<Uuid> uuid = Uuid::Parse(id);
  if (!uuid.ok()) return NotFoundError(kReasonApiKeyNotFound, "there is no such API key");
  return ApiKeyId{*uuid};
}

ApiKeyRequest DecodeApiKeyRequest(const mab::v1::CreateApiKeyRequest& request) {
  ApiKeyRequest decoded;
  decoded.name = request.name();
  decoded.scopes = DecodeScopes(request, decoded.violations);
  decoded.bulk_exposes = request.bulk_exposes();
  decoded.publishable = request.publishable();
  decoded.expire_time = DecodeTime(request.has_expire_time(), request.expire_time(), "expire_time",
                                   decoded.violations);
  return decoded;
}

void EncodeApiKey(const storage::ApiKey& key, absl::Time now, ApiKey* out) {
  out->set_id(key.id.ToString());
  out->set_name(key.name);
  out->set_hint(key.hint);
  if (key.scopes.read) out->add_scopes(ApiKey::READ);
  if (key.scopes.write) out->add_scopes(ApiKey::WRITE);
  if (key.scopes.assign) out->add_scopes(ApiKey::ASSIGN);
  out->set_bulk_exposes(key.bulk_exposes);
  out->set_publishable(key.publishable);
  out->set_state(EncodeState(StateOf(key, now)));
  *out->mutable_create_time() = EncodeTime(key.create_time);
  out->set_created_by(key.created_by_email);
  if (key.expire_time.has_value()) *out->mutable_expire_time() = EncodeTime(*key.expire_time);
  if (key.last_use_time.has_value()) *out->mutable_last_use_time() = EncodeTime(*key.last_use_time);
  if (key.revoke_time.has_value()) *out->mutable_revoke_time() = EncodeTime(*key.revoke_time);
}

}  // namespace mab::admin
