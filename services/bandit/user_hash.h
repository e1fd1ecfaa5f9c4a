// A visitor, as the system knows him: a keyed hash of the id that the client sent. The raw id is
// hashed at once and never stored or logged.
//
// Thread safety: a value type and a pure function.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"

namespace mab::bandit {

struct UserHash {
  std::array<uint8_t, 16> bytes{};

  absl::string_view AsBytes() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  friend auto operator<=>(const UserHash&, const UserHash&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const UserHash& user) {
    return H::combine(std::move(h), user.bytes);
  }
};

// SipHash-2-4-128 of `user_id` under `key`. REQUIRES: key.size() == 16.
UserHash HashUser(absl::string_view key, absl::string_view user_id);

}  // namespace mab::bandit
