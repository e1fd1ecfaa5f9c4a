// CRC32C (Castagnoli), the checksum of the journal: RFC 3720, appendix B.4. By the processor's
// instruction where it has one (SSE 4.2), by tables elsewhere; both give the same.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace mab::assignment {

// The checksum of what `crc` is the checksum of, followed by `bytes`.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);
inline uint32_t Crc32c(absl::string_view bytes) { return ExtendCrc32c(0, bytes); }

// The way without the instruction; for the test that compares the two.
uint32_t ExtendCrc32cByTable(uint32_t crc, absl::string_view bytes);

}  // namespace mab::assignment
