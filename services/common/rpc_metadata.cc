#include "common/rpc_metadata.h"

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/error.h"
#include "common/secret.h"

namespace mab {

std::optional<std::string> MetadataValue(const grpc::ServerContextBase& context,
                                         absl::string_view name) {
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(grpc::string_ref(name.data(), name.size()));
  if (first == last || std::next(first) != last) return std::nullopt;
  return std::string(first->second.data(), first->second.size());
}

std::optional<std::string> BearerToken(const grpc::ServerContextBase& context) {
  const std::optional<std::string> value = MetadataValue(context, "authorization");
  if (!value.has_value()) return std::nullopt;
  constexpr absl::string_view kScheme = "Bearer ";
  // The scheme's name has no case (RFC 9110).
  if (!absl::StartsWithIgnoreCase(*value, kScheme)) return std::nullopt;
  std::string token = value->substr(kScheme.size());
  if (token.empty()) return std::nullopt;
  return token;
}

absl::Status CheckInternalSecret(const grpc::ServerContextBase& context, absl::string_view secret) {
  const std::optional<std::string> value = MetadataValue(context, kInternalSecretKey);
  // A service that was given no secret lets nobody in.
  if (secret.empty() || !value.has_value() || !ConstantTimeEquals(*value, secret)) {
    return UnauthenticatedError("this call is for the system's own services");
  }
  return absl::OkStatus();
}

}  // namespace mab
