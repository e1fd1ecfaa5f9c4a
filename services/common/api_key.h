// What an API key is known by: its id, and its secret, "mab_" and 43 characters of URL-safe base64,
// which are 32 random bytes.
//
// The secret is kept as its SHA-256. A slow hash, as passwords have, would protect nothing: nobody
// tries 2^256 secrets, at any speed; and a key is looked up by its hash with each call.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/uuid.h"

namespace mab {

using ApiKeyId = TypedId<struct ApiKeyIdTag>;

// As in common/error.h.
inline constexpr char kReasonApiKeyNotFound[] = "API_KEY_NOT_FOUND";

// How much of a secret is shown, to tell keys apart: "mab_AbCd".
inline constexpr size_t kApiKeyHintLength = 8;

std::string NewApiKeySecret();
// Whether a bearer token is meant to be one: access tokens begin otherwise.
bool IsApiKey(absl::string_view token);
// 32 bytes; nullopt for a text of another form, which is nobody's secret.
std::optional<std::string> HashApiKeySecret(absl::string_view secret);

}  // namespace mab
