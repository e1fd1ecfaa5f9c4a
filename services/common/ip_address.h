// The text of IP addresses.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mab {

// An IP address in its canonical text ("203.0.113.7", "2001:db8::7"); an IPv4 address that is
// mapped into IPv6 becomes the former. nullopt where `text` is no address.
std::optional<std::string> CanonicalAddress(absl::string_view text);

// What one subscriber can have: an IPv4 address itself, the /64 of an IPv6 address.
// REQUIRES: `address` is of CanonicalAddress.
std::string NetworkOf(absl::string_view address);

// 127.0.0.0/8 and ::1. REQUIRES: `address` is of CanonicalAddress.
bool IsLoopback(absl::string_view address);

}  // namespace mab
