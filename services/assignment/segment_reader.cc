#include "assignment/segment_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/journal_file.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
constexpr size_t kReadBytes = 256;  // so that a fuzzer's small records cross the buffer's end
#else
constexpr size_t kReadBytes = size_t{256} * 1024;
#endif

absl::Status InFile(const absl::Status& status, const std::string& path) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentReader>> SegmentReader::Open(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FileError("open", path, errno);
  std::unique_ptr<SegmentReader> reader(new SegmentReader(path, descriptor));
  MAB_RETURN_IF_ERROR(reader->Fill(kSegmentHeaderBytes));
  absl::StatusOr<SegmentHeader> header = DecodeSegmentHeader(reader->Available());
  if (!header.ok()) return InFile(header.status(), path);
  const std::optional<uint64_t> named =
      ParseSegmentFileName(std::filesystem::path(path).filename().string());
  if (named != header->first_sequence) {
    return InFile(absl::DataLossError("the file's name is not that of its header"), path);
  }
  reader->header_ = *header;
  reader->checksum_seed_ = RecordChecksumSeed(header->journal_id);
  reader->last_sequence_ = header->previous_last_sequence;
  reader->offset_ = kSegmentHeaderBytes;
  reader->used_ = kSegmentHeaderBytes;
  return reader;
}

SegmentReader::SegmentReader(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

SegmentReader::~SegmentReader() { close(descriptor_); }

absl::Status SegmentReader::Fill(size_t count) {
  if (Available().size() >= count) return absl::OkStatus();
  buffer_.erase(0, used_);
  used_ = 0;
  while (buffer_.size() < count) {
    const size_t before = buffer_.size();
    buffer_.resize(before + std::max(count - before, kReadBytes));
    const ssize_t got = pread(descriptor_, buffer_.data() + before, buffer_.size() - before,
                              static_cast<off_t>(offset_ + before));
    const int error_number = errno;
    buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && error_number == EINTR) continue;
    if (got < 0) return FileError("read", path_, error_number);
    if (got == 0) break;
  }
  return absl::OkStatus();
}

void SegmentReader::ForgetReadAhead() {
  buffer_.clear();
  used_ = 0;
}

SegmentReader::Outcome SegmentReader::Damaged(std::string why) {
  damage_ = std::move(why);
  ForgetReadAhead();  // it may have been half written
  return Outcome::kDamaged;
}

absl::StatusOr<SegmentReader::Outcome> SegmentReader::Next(JournalRecord* record) {
  damage_.clear();
  MAB_RETURN_IF_ERROR(Fill(kRecordHeaderBytes));
  if (Available().empty()) return Outcome::kEnd;
  if (Available().size() < kRecordHeaderBytes) return Damaged("a record's header is cut short");
  const RecordHeader header = ParseRecordHeader(Available());
  if (header.body_bytes > kRecordBodyBytesMax) return Damaged("a record's length is impossible");
  const size_t record_bytes = kRecordHeaderBytes + header.body_bytes;
  MAB_RETURN_IF_ERROR(Fill(record_bytes));
  if (Available().size() < record_bytes) return Damaged("a record is cut short");
  const absl::string_view bytes = Available().substr(0, record_bytes);
  if (!RecordChecksumMatches(checksum_seed_, bytes)) return Damaged("a record's checksum is wrong");
  if (header.sequence <= last_sequence_ || header.sequence < header_.first_sequence) {
    return Damaged("a record's sequence number does not follow the one before");
  }
  used_ += record_bytes;
  offset_ += record_bytes;
  last_sequence_ = header.sequence;
  *record = {.sequence = header.sequence,
             .synced = header.synced(),
             .type = header.type,
             .checksum = header.checksum,
             .body = bytes.substr(kRecordHeaderBytes)};
  return Outcome::kRecord;
}

}  // namespace mab::assignment
