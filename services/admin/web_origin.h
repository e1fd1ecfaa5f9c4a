// The origin of a website: "https://shop.example".
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace mab::admin {

inline constexpr size_t kWebOriginBytesMax = 255;

// The origin as a browser sends it in the Origin header (RFC 6454, as the URL Standard serializes
// it): scheme and host in lower case, no default port. nullopt where `text` is no origin of http or
// https, has more than an origin has (a path, a user, a wildcard), or a host that no browser would
// write so: an internationalized name has its "xn--" form, an IPv4 address four decimal numbers.
std::optional<std::string> CanonicalOrigin(absl::string_view text);

}  // namespace mab::admin
