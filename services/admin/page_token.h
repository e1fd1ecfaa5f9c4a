// How long a page of a list is, and where the next one begins. A token is opaque to clients:
// URL-safe base64 of a version, a fingerprint of what is listed, and the position of the last entry
// of the page before.
//
// Not a secret and not signed: a token that somebody makes up shows nothing that a first page would
// not.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/error.h"
#include "common/uuid.h"

namespace mab::admin {

inline constexpr uint32_t kPageSizeDefault = 25;
inline constexpr uint32_t kPageSizeMax = 100;

// The entries of a page: kPageSizeDefault for 0. INVALID_ARGUMENT naming `page_size` beyond
// kPageSizeMax.
absl::StatusOr<int> ParsePageSize(uint32_t page_size);
// The same among others: adds to `violations`.
int ParsePageSize(uint32_t page_size, Violations& violations);

// `listed`: which list, and its filters. `position` is of the length that ParsePageToken is told.
std::string MakePageToken(absl::string_view listed, absl::string_view position);

// The position. INVALID_ARGUMENT naming `page_token` where the token is none, or was given for
// something else than `listed`; `filters` is what these are called: "the state and q".
absl::StatusOr<std::string> ParsePageToken(absl::string_view listed, absl::string_view filters,
                                           size_t position_bytes, absl::string_view token);

// The same where the position is an id.
std::string MakeIdPageToken(absl::string_view listed, const Uuid& id);
absl::StatusOr<Uuid> ParseIdPageToken(absl::string_view listed, absl::string_view filters,
                                      absl::string_view token);

}  // namespace mab::admin
