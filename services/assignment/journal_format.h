// The journal on disk, format 1. All integers are little-endian; nothing is padded.
//
// A journal is a directory of segments. A segment is a file named after its first sequence number,
// twenty digits with leading zeros, and ".log": the order of the names is the order of the records.
//
// Segment header, 80 bytes:
//    0   8  magic "MABJRNL\0"
//    8   4  format version
//   12  16  id of the journal, random, the same in all its segments
//   28  16  id of the database it belongs to; zeros while that is not known
//   44   8  first sequence: no record here has a smaller one (the name says the same)
//   52   8  last sequence of the segment before; 0 in the first one
//   60   8  created, microseconds since 1970
//   68   8  zeros, for later
//   76   4  CRC32C of the 76 bytes before
//
// Record, 21 bytes and a body:
//    0   4  length of the body, at most 1 MiB
//    4   1  type (RecordType of event_codec.h)
//    5   8  sequence, greater than that of the record before (failed records leave gaps)
//   13   4  distance to the last sequence that was surely on disk when this record was appended:
//           all up to sequence - distance had been synced. 0xffffffff: that far or farther.
//   17   4  checksum: CRC32C of the body, then of the 17 bytes before, started from the CRC32C of
//           the journal's id
//   21   …  body (event_codec.h)
//
// Why the distance: after a crash the end of the log may be torn, for what was not synced can be
// there in part, in any order. Such an end is cut. But a damaged record that was on disk once is a
// broken disk, never a crash, and nothing may be cut then. A good record behind the damage tells
// the two apart: its distance says whether the damaged place had been synced (damage.h).
//
// Why the checksum starts from the journal's id: so that no bytes of another journal, and none that
// a client sent, are ever taken for a record of this one.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/uuid.h"

namespace mab::assignment {

inline constexpr uint32_t kJournalFormatVersion = 1;
inline constexpr size_t kSegmentHeaderBytes = 80;
inline constexpr size_t kRecordHeaderBytes = 21;
inline constexpr size_t kRecordBodyBytesMax = 1 << 20;

struct SegmentHeader {
  Uuid journal_id;
  Uuid database_id;  // nil while it is not known
  uint64_t first_sequence = 0;
  uint64_t previous_last_sequence = 0;
  absl::Time created_at;
};

std::string SegmentFileName(uint64_t first_sequence);
// The first sequence that the name says; nullopt when it is not a segment's name.
std::optional<uint64_t> ParseSegmentFileName(absl::string_view name);

std::string EncodeSegmentHeader(const SegmentHeader& header);
// DATA_LOSS when `bytes` is not a whole header; FAILED_PRECONDITION when the format is newer than
// this build.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes);

// What the checksums of a journal's records start from.
uint32_t RecordChecksumSeed(const Uuid& journal_id);
// The part of a record's checksum that needs no sequence, so that it can be computed before a lock
// is taken.
uint32_t RecordBodyChecksum(uint32_t seed, absl::string_view body);

struct RecordHeader {
  uint32_t body_bytes = 0;
  uint8_t type = 0;
  uint64_t sequence = 0;
  uint32_t unsynced = 0;  // the distance above
  uint32_t checksum = 0;

  // All records up to this sequence were on disk when this record was appended; 0: it does not say.
  uint64_t synced() const;
};

// Appends a header for `body` of that checksum. REQUIRES: body_bytes <= kRecordBodyBytesMax, synced
// < sequence.
void AppendRecordHeader(uint8_t type, uint64_t sequence, uint64_t synced, size_t body_bytes,
                        uint32_t body_checksum, std::string* out);
// REQUIRES: bytes.size() >= kRecordHeaderBytes.
RecordHeader ParseRecordHeader(absl::string_view bytes);
// Whether `record`, a header and its whole body, has the checksum that it says.
bool RecordChecksumMatches(uint32_t seed, absl::string_view record);

}  // namespace mab::assignment
