#include "common/rpc_client_address.h"

#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/ip_address.h"
#include "common/rpc_metadata.h"

namespace mab {

std::optional<std::string> PeerAddress(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) {
    return std::nullopt;
  }
  const size_t colon = peer.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  const std::string host =
      absl::StrReplaceAll(peer.substr(0, colon), {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
  std::optional<std::string> address = CanonicalAddress(host);
  if (!address.has_value() || IsLoopback(*address)) return std::nullopt;
  return address;
}

std::optional<std::string> ClientAddress(const grpc::ServerContextBase& context,
                                         absl::string_view internal_secret) {
  if (CheckInternalSecret(context, internal_secret).ok()) {
    const std::optional<std::string> told = MetadataValue(context, "mab-client-address");
    if (told.has_value()) return CanonicalAddress(*told);
  }
  return PeerAddress(context.peer());
}

}  // namespace mab
