#include "assignment/journal_format.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "assignment/byte_codec.h"
#include "assignment/crc32c.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

constexpr absl::string_view kMagic("MABJRNL\0", 8);
constexpr size_t kReservedBytes = 8;
constexpr size_t kHeaderChecksumOffset = kSegmentHeaderBytes - 4;
constexpr size_t kRecordChecksumOffset = kRecordHeaderBytes - 4;
constexpr size_t kNameDigits = 20;
constexpr absl::string_view kNameSuffix = ".log";
constexpr uint32_t kFarthest = std::numeric_limits<uint32_t>::max();

}  // namespace

std::string SegmentFileName(uint64_t first_sequence) {
  return absl::StrFormat("%020u%s", first_sequence, kNameSuffix);
}

std::optional<uint64_t> ParseSegmentFileName(absl::string_view name) {
  if (!absl::ConsumeSuffix(&name, kNameSuffix) || name.size() != kNameDigits) return std::nullopt;
  if (!std::all_of(name.begin(), name.end(), absl::ascii_isdigit)) return std::nullopt;
  uint64_t first_sequence = 0;
  if (!absl::SimpleAtoi(name, &first_sequence)) return std::nullopt;
  return first_sequence;
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.Bytes(kMagic);
  out.U32(kJournalFormatVersion);
  out.Bytes(header.journal_id.AsBytes());
  out.Bytes(header.database_id.AsBytes());
  out.U64(header.first_sequence);
  out.U64(header.previous_last_sequence);
  out.I64(absl::ToUnixMicros(header.created_at));
  out.Bytes(std::string(kReservedBytes, '\0'));
  out.U32(Crc32c(bytes));
  return bytes;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return absl::DataLossError("the header is cut short");
  ByteReader in(bytes.substr(0, kSegmentHeaderBytes));
  if (in.Bytes(kMagic.size()) != kMagic) {
    return absl::DataLossError("the file does not begin as a segment of a journal");
  }
  const uint32_t format = in.U32();
  if (format != kJournalFormatVersion) {
    return FailedPreconditionError(
        kReasonFailedPrecondition,
        absl::StrCat("the journal has format ", format, ", and this build knows ",
                     kJournalFormatVersion, " only"));
  }
  SegmentHeader header;
  header.journal_id = Uuid{in.Array<16>()};
  header.database_id = Uuid{in.Array<16>()};
  header.first_sequence = in.U64();
  header.previous_last_sequence = in.U64();
  header.created_at = absl::FromUnixMicros(in.I64());
  in.Bytes(kReservedBytes);
  if (in.U32() != Crc32c(bytes.substr(0, kHeaderChecksumOffset))) {
    return absl::DataLossError("the header's checksum is wrong");
  }
  if (header.first_sequence == 0 || header.previous_last_sequence >= header.first_sequence) {
    return absl::DataLossError("the header's sequence numbers are impossible");
  }
  return header;
}

uint64_t RecordHeader::synced() const {
  if (unsynced == kFarthest || unsynced > sequence) return 0;
  return sequence - unsynced;
}

uint32_t RecordChecksumSeed(const Uuid& journal_id) { return Crc32c(journal_id.AsBytes()); }

uint32_t RecordBodyChecksum(uint32_t seed, absl::string_view body) {
  return ExtendCrc32c(seed, body);
}

void AppendRecordHeader(uint8_t type, uint64_t sequence, uint64_t synced, size_t body_bytes,
                        uint32_t body_checksum, std::string* out) {
  const size_t start = out->size();
  ByteWriter writer(out);
  writer.U32(static_cast<uint32_t>(body_bytes));
  writer.U8(type);
  writer.U64(sequence);
  writer.U32(static_cast<uint32_t>(std::min<uint64_t>(sequence - synced, kFarthest)));
  writer.U32(ExtendCrc32c(body_checksum, absl::string_view(*out).substr(start)));
}

RecordHeader ParseRecordHeader(absl::string_view bytes) {
  ByteReader in(bytes.substr(0, kRecordHeaderBytes));
  RecordHeader header;
  header.body_bytes = in.U32();
  header.type = in.U8();
  header.sequence = in.U64();
  header.unsynced = in.U32();
  header.checksum = in.U32();
  return header;
}

bool RecordChecksumMatches(uint32_t seed, absl::string_view record) {
  const uint32_t body = RecordBodyChecksum(seed, record.substr(kRecordHeaderBytes));
  return ExtendCrc32c(body, record.substr(0, kRecordChecksumOffset)) ==
         ParseRecordHeader(record).checksum;
}

}  // namespace mab::assignment
