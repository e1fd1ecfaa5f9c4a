#include "assignment/damage.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/journal_format.h"

namespace mab::assignment {
namespace {

// No journal gives out so many numbers within one segment, not even where writes fail for years.
// The bytes of a record, taken from another place than its beginning, mostly say more: without
// this, a checksum would be computed for many of them, of up to a mebibyte each.
constexpr uint64_t kSequencesOfASegmentMax = uint64_t{1} << 48;

absl::StatusOr<std::string> ReadFrom(const std::string& path, uint64_t offset) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  // Nothing is left where a write was taken back meanwhile; the stream below calls that an error.
  if (file && file.peek() == std::ifstream::traits_type::eof() && !file.bad()) return "";
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file || !bytes) return absl::InternalError(absl::StrCat("cannot read ", path));
  return std::move(bytes).str();
}

}  // namespace

absl::StatusOr<Damage> JudgeDamage(const SegmentReader& segment) {
  absl::StatusOr<std::string> rest = ReadFrom(segment.path(), segment.offset());
  if (!rest.ok()) return rest.status();
  const uint32_t seed = RecordChecksumSeed(segment.header().journal_id);
  const absl::string_view bytes = *rest;
  for (size_t at = 0; at + kRecordHeaderBytes <= bytes.size(); ++at) {
    const RecordHeader header = ParseRecordHeader(bytes.substr(at));
    if (header.body_bytes > kRecordBodyBytesMax) continue;
    const size_t record_bytes = kRecordHeaderBytes + header.body_bytes;
    if (record_bytes > bytes.size() - at) continue;
    // A record that does not say that something was on disk after the last good one proves nothing.
    if (header.synced() <= segment.last_sequence()) continue;
    if (header.sequence - segment.last_sequence() > kSequencesOfASegmentMax) continue;
    if (RecordChecksumMatches(seed, bytes.substr(at, record_bytes))) return Damage::kBrokenMiddle;
  }
  return Damage::kTornEnd;
}

}  // namespace mab::assignment
