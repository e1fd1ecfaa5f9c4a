// API keys as messages.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "admin/api_keys.h"
#include "common/uuid.h"
#include "mab/v1/api_key_service.pb.h"

namespace mab::admin {

// API_KEY_NOT_FOUND for a text that is no id.
absl::StatusOr<ApiKeyId> DecodeApiKeyId(absl::string_view id);
ApiKeyRequest DecodeApiKeyRequest(const mab::v1::CreateApiKeyRequest& request);
// Without the secret and its hash.
void EncodeApiKey(const storage::ApiKey& key, absl::Time now, mab::v1::ApiKey* out);

}  // namespace mab::admin
