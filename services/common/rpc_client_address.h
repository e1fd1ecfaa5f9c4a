// From which address somebody calls.
//
// Thread safety: pure functions.
#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mab {

// The caller's address: what our gateway says in the metadata `mab-client-address`, which is
// believed only beside the right `mab-internal-secret`; otherwise the peer's own. nullopt for
// programs of this machine that speak for nobody else: a peer on loopback or on a Unix socket.
std::optional<std::string> ClientAddress(const grpc::ServerContextBase& context,
                                         absl::string_view internal_secret);
// The address in gRPC's name of a peer: "ipv4:127.0.0.1:55555", "ipv6:%5B::1%5D:55555". nullopt for
// loopback and for what is no address.
std::optional<std::string> PeerAddress(absl::string_view peer);

}  // namespace mab
