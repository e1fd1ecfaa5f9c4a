// Reading what a caller sent beside its message.
#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace mab {

// Where our own services show their secret.
inline constexpr char kInternalSecretKey[] = "mab-internal-secret";

// The only value of `name`; nullopt where there is none or more than one.
std::optional<std::string> MetadataValue(const grpc::ServerContextBase& context,
                                         absl::string_view name);
// What follows "Bearer " in `authorization`.
std::optional<std::string> BearerToken(const grpc::ServerContextBase& context);
// OK when `mab-internal-secret` is `secret` (compared in constant time); UNAUTHENTICATED otherwise.
absl::Status CheckInternalSecret(const grpc::ServerContextBase& context, absl::string_view secret);

}  // namespace mab
