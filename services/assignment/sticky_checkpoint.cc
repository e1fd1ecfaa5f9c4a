#include "assignment/sticky_checkpoint.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "assignment/byte_codec.h"
#include "assignment/crc32c.h"
#include "assignment/durable_file.h"
#include "assignment/sticky_loader.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr absl::string_view kMagic = "MABSTIC2";
constexpr size_t kHeaderBytes = 40;
constexpr size_t kEntryBytes = 75;
constexpr size_t kTrailerBytes = 12;
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
// How much is read and written at once.
constexpr size_t kChunkBytes = 1 << 20;
constexpr size_t kEntriesBytes = kChunkBytes / kEntryBytes * kEntryBytes;
// A file with fewer is read by one thread.
constexpr uint64_t kEntriesOfThreadMin = 10000;
constexpr uint64_t kLoadThreadsMax = 8;

int64_t EncodeTime(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixMicros(*time) : kNoTime;
}

std::optional<absl::Time> DecodeTime(int64_t micros) {
  if (micros == kNoTime) return std::nullopt;
  return absl::FromUnixMicros(micros);
}

// `holds` says of each fact's sequence whether it belongs into the checkpoint.
void EncodeEntry(const StickyKey& key, const StickyEntry& entry,
                 absl::FunctionRef<bool(uint64_t)> holds, std::string* out) {
  const bool exposed = holds(entry.exposure_sequence);
  const bool converted = holds(entry.conversion_sequence);
  ByteWriter writer(out);
  writer.Bytes(key.experiment.uuid.AsBytes());
  writer.Bytes(key.user.AsBytes());
  writer.U16(entry.variant_index);
  writer.U64(entry.version);
  writer.Double(entry.propensity);
  writer.I64(EncodeTime(entry.assigned_at));
  writer.I64(exposed ? EncodeTime(entry.exposed_at) : kNoTime);
  writer.I64(converted ? EncodeTime(entry.converted_at) : kNoTime);
  writer.Bool(converted && entry.credited);
}

absl::Status DamagedError(const std::string& path) {
  return absl::DataLossError(absl::StrCat(path, " is damaged"));
}

// Gives `bytes` bytes from the current position to `take`, `piece_bytes` at a time (the last may be
// shorter).
absl::Status ReadPieces(std::ifstream& file, const std::string& path, uint64_t bytes,
                        size_t piece_bytes, absl::FunctionRef<void(absl::string_view)> take) {
  std::string piece(piece_bytes, '\0');
  while (bytes > 0) {
    const size_t wanted = bytes < piece_bytes ? static_cast<size_t>(bytes) : piece_bytes;
    if (!file.read(piece.data(), static_cast<std::streamsize>(wanted))) return DamagedError(path);
    take(absl::string_view(piece).substr(0, wanted));
    bytes -= wanted;
  }
  return absl::OkStatus();
}

void ApplyEntry(ByteReader& reader, StickyLoader& loader) {
  StickyKey key;
  key.experiment.uuid.bytes = reader.Array<16>();
  key.user.bytes = reader.Array<16>();
  StickyEntry read;
  read.variant_index = reader.U16();
  read.version = reader.U64();
  read.propensity = reader.Double();
  read.assigned_at = absl::FromUnixMicros(reader.I64());
  read.exposed_at = DecodeTime(reader.I64());
  read.converted_at = DecodeTime(reader.I64());
  read.credited = reader.Bool();
  loader.Add(key, read);
}

// Adds the entries of `bytes` bytes at `offset`. They are in the order of the map's shards, so that
// who has another part of the file is at other shards.
absl::Status ApplyPart(const std::string& path, uint64_t offset, uint64_t bytes,
                       StickyMap& sticky_map) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  StickyLoader loader(&sticky_map);
  return ReadPieces(file, path, bytes, kEntriesBytes, [&](absl::string_view piece) {
    ByteReader reader(piece);
    for (size_t at = 0; at < piece.size(); at += kEntryBytes) ApplyEntry(reader, loader);
  });
}

absl::Status ApplyEntries(const std::string& path, uint64_t entries, StickyMap& sticky_map) {
  sticky_map.Reserve(sticky_map.size() + entries);
  const uint64_t threads_max =
      std::clamp<uint64_t>(std::thread::hardware_concurrency(), 1, kLoadThreadsMax);
  const uint64_t parts = std::clamp<uint64_t>(entries / kEntriesOfThreadMin, 1, threads_max);
  std::vector<absl::Status> statuses(parts);
  std::vector<std::thread> threads;
  for (uint64_t part = 0; part < parts; ++part) {
    const uint64_t begin = entries * part / parts;
    const uint64_t end = entries * (part + 1) / parts;
    threads.emplace_back([&, part, begin, end] {
      statuses[part] = ApplyPart(path, kHeaderBytes + begin * kEntryBytes,
                                 (end - begin) * kEntryBytes, sticky_map);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) MAB_RETURN_IF_ERROR(status);
  return absl::OkStatus();
}

// That size, magic, count and checksum agree.
absl::StatusOr<CheckpointCover> Check(std::ifstream& file, const std::string& path, uint64_t size) {
  if (size < kHeaderBytes + kTrailerBytes) return DamagedError(path);
  const uint64_t entries_bytes = size - kHeaderBytes - kTrailerBytes;
  if (entries_bytes % kEntryBytes != 0) return DamagedError(path);
  uint32_t checksum = 0;
  const auto check = [&](absl::string_view piece) { checksum = ExtendCrc32c(checksum, piece); };
  std::string header;
  MAB_RETURN_IF_ERROR(ReadPieces(file, path, kHeaderBytes, kHeaderBytes,
                                 [&](absl::string_view piece) { header = std::string(piece); }));
  check(header);
  MAB_RETURN_IF_ERROR(ReadPieces(file, path, entries_bytes, kChunkBytes, check));
  std::string trailer;
  MAB_RETURN_IF_ERROR(ReadPieces(file, path, kTrailerBytes, kTrailerBytes,
                                 [&](absl::string_view piece) { trailer = std::string(piece); }));
  check(absl::string_view(trailer).substr(0, sizeof(uint64_t)));
  ByteReader reader(trailer);
  const uint64_t count = reader.U64();
  if (reader.U32() != checksum || count != entries_bytes / kEntryBytes ||
      !absl::StartsWith(header, kMagic)) {
    return DamagedError(path);
  }
  ByteReader cover(absl::string_view(header).substr(kMagic.size()));
  CheckpointCover read;
  read.journal_id.bytes = cover.Array<16>();
  read.sequence = cover.U64();
  read.drained = cover.U64();
  return read;
}

// Takes bytes, and gives them to a file piece by piece with their checksum behind.
class ChecksummedFile {
 public:
  explicit ChecksummedFile(DurableFileWriter* file) : file_(file) {}

  std::string& buffer() { return buffer_; }
  void FlushWhenFull() {
    if (buffer_.size() >= kChunkBytes) Flush();
  }
  absl::StatusOr<uint64_t> Finish() {
    Flush();
    ByteWriter(&buffer_).U32(checksum_);
    Flush();
    MAB_RETURN_IF_ERROR(status_);
    MAB_RETURN_IF_ERROR(file_->Commit());
    return bytes_;
  }

 private:
  void Flush() {
    checksum_ = ExtendCrc32c(checksum_, buffer_);
    bytes_ += buffer_.size();
    if (status_.ok()) status_ = file_->Append(buffer_);
    buffer_.clear();
  }

  DurableFileWriter* const file_;
  std::string buffer_;
  uint32_t checksum_ = 0;
  uint64_t bytes_ = 0;
  absl::Status status_;
};

}  // namespace

uint64_t StickyCheckpointBytes(uint64_t entries) {
  return kHeaderBytes + entries * kEntryBytes + kTrailerBytes;
}

absl::StatusOr<uint64_t> WriteStickyCheckpoint(const StickyMap& sticky_map,
                                               const CheckpointCover& cover,
                                               absl::FunctionRef<bool(uint64_t)> was_written,
                                               const std::string& path) {
  // A fact of an earlier run is on the disk. One of this run is in where its record is before the
  // cover's, and was not taken back.
  const auto holds = [&](uint64_t sequence) {
    return sequence == 0 || (sequence <= cover.sequence && was_written(sequence));
  };
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<DurableFileWriter> durable,
                       DurableFileWriter::Create(path));
  ChecksummedFile file(durable.get());
  ByteWriter header(&file.buffer());
  header.Bytes(kMagic);
  header.Bytes(cover.journal_id.AsBytes());
  header.U64(cover.sequence);
  header.U64(cover.drained);
  uint64_t count = 0;
  sticky_map.ForEach(
      [&](const StickyKey& key, const StickyEntry& entry) {
        if (!holds(entry.assignment_sequence)) return;
        // Erased before the cover's record, and about to be removed.
        if (entry.erasure_sequence != 0 && holds(entry.erasure_sequence)) return;
        EncodeEntry(key, entry, holds, &file.buffer());
        ++count;
      },
      [&] { file.FlushWhenFull(); });
  ByteWriter(&file.buffer()).U64(count);
  return file.Finish();
}

absl::StatusOr<std::optional<LoadedCheckpoint>> LoadStickyCheckpoint(const std::string& path,
                                                                     StickyMap& sticky_map) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return absl::DataLossError(absl::StrCat("can't read ", path));
  MAB_ASSIGN_OR_RETURN(const CheckpointCover cover, Check(file, path, size));
  const uint64_t entries = (size - kHeaderBytes - kTrailerBytes) / kEntryBytes;
  MAB_RETURN_IF_ERROR(ApplyEntries(path, entries, sticky_map));
  return LoadedCheckpoint{cover, size};
}

}  // namespace mab::assignment
