// A UUID (RFC 9562). New ones are version 7: in the order of their creation, so that they index
// well.
//
// Thread safety: a value type.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace mab {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  // A new UUIDv7: 48 bits of unix milliseconds, 74 random bits (libsodium). Two of the same
  // millisecond have no particular order.
  static Uuid NewV7(absl::Time now);
  // When a UUIDv7 was made, to the millisecond. Of another version it says nothing.
  absl::Time V7Time() const;
  // "0198f3c4-…" in either case, with hyphens. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<Uuid> Parse(absl::string_view text);
  // Exactly 16 bytes.
  static absl::StatusOr<Uuid> FromBytes(absl::string_view bytes);

  // Lower case with hyphens: 36 characters.
  std::string ToString() const;
  absl::string_view AsBytes() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  bool IsNil() const { return *this == Uuid{}; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Uuid& uuid) {
    return H::combine(std::move(h), uuid.bytes);
  }
};

// An experiment's and a variant's id are both UUIDs, and must never be mistaken for one another.
template <typename Tag>
struct TypedId {
  Uuid uuid;
  std::string ToString() const { return uuid.ToString(); }
  friend auto operator<=>(const TypedId&, const TypedId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const TypedId& id) {
    return H::combine(std::move(h), id.uuid);
  }
};
using ExperimentId = TypedId<struct ExperimentIdTag>;
using VariantId = TypedId<struct VariantIdTag>;
using AccountId = TypedId<struct AccountIdTag>;

}  // namespace mab
