// Where gRPC between our own processes may be plain.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config.h"
#include "common/tls_files.h"

namespace mab {

// An address to listen on or to call, and the variable that has it.
struct InternalAddress {
  absl::string_view variable;
  std::string address;
};

// Whether what is sent there stays on this machine: a Unix socket, "localhost:…" or a loopback
// address with its port.
bool IsOfThisMachine(absl::string_view address);

// Reads MAB_INTERNAL_PLAINTEXT, by which an operator vouches for the network. Without it, and
// without TLS, addresses that are not of this machine are one violation in production.
void CheckPlaintext(ConfigReader& reader, bool production, const TlsFiles& tls,
                    const std::vector<InternalAddress>& addresses);

}  // namespace mab
