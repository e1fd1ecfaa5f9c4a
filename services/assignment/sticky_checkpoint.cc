#include "assignment/sticky_checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <system_error>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "assignment/byte_codec.h"
#include "assignment/crc32c.h"
#include "assignment/durable_file.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr absl::string_view kMagic = "MABSTIC1";
constexpr size_t kRecordBytes = 75;
constexpr size_t kTrailerBytes = 12;
constexpr int64_t kNoTime = std::numeric_limits<int64_t>::min();
// How much is read and written at once.
constexpr size_t kChunkBytes = 1 << 20;

int64_t EncodeTime(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixMicros(*time) : kNoTime;
}

std::optional<absl::Time> DecodeTime(int64_t micros) {
  if (micros == kNoTime) return std::nullopt;
  return absl::FromUnixMicros(micros);
}

void EncodeRecord(const StickyKey& key, const StickyEntry& entry, std::string* out) {
  ByteWriter writer(out);
  writer.Bytes(key.experiment.uuid.AsBytes());
  writer.Bytes(key.user.AsBytes());
  writer.U16(entry.variant_index);
  writer.U64(entry.version);
  writer.Double(entry.propensity);
  writer.I64(EncodeTime(entry.assigned_at));
  writer.I64(entry.exposure_sequence == 0 ? EncodeTime(entry.exposed_at) : kNoTime);
  const bool converted_before = entry.conversion_sequence == 0;
  writer.I64(converted_before ? EncodeTime(entry.converted_at) : kNoTime);
  writer.Bool(converted_before && entry.credited);
}

void ApplyRecord(absl::string_view record, StickyMap& sticky_map) {
  ByteReader reader(record);
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
  sticky_map.WithEntry(key, [&](std::optional<StickyEntry>& entry) {
    entry = read;
    return true;
  });
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

// That size, magic, count and checksum agree. Returns the number of records.
absl::StatusOr<uint64_t> Check(std::ifstream& file, const std::string& path, uint64_t size) {
  if (size < kMagic.size() + kTrailerBytes) return DamagedError(path);
  const uint64_t records_bytes = size - kMagic.size() - kTrailerBytes;
  if (records_bytes % kRecordBytes != 0) return DamagedError(path);
  uint32_t checksum = 0;
  std::string head;
  MAB_RETURN_IF_ERROR(
      ReadPieces(file, path, size - sizeof(uint32_t), kChunkBytes, [&](absl::string_view piece) {
        if (head.empty()) head = std::string(piece.substr(0, kMagic.size()));
        checksum = ExtendCrc32c(checksum, piece);
      }));
  uint32_t expected = 0;
  MAB_RETURN_IF_ERROR(
      ReadPieces(file, path, sizeof(expected), sizeof(expected),
                 [&](absl::string_view piece) { expected = ByteReader(piece).U32(); }));
  if (head != kMagic || checksum != expected) return DamagedError(path);
  return records_bytes / kRecordBytes;
}

}  // namespace

absl::Status WriteStickyCheckpoint(const StickyMap& sticky_map, const std::string& path) {
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<DurableFileWriter> file,
                       DurableFileWriter::Create(path));
  uint32_t checksum = 0;
  uint64_t count = 0;
  absl::Status written;
  std::string chunk(kMagic);
  const auto flush = [&] {
    checksum = ExtendCrc32c(checksum, chunk);
    if (written.ok()) written = file->Append(chunk);
    chunk.clear();
  };
  sticky_map.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
    if (entry.assignment_sequence != 0) return;
    EncodeRecord(key, entry, &chunk);
    ++count;
    if (chunk.size() >= kChunkBytes) flush();
  });
  ByteWriter(&chunk).U64(count);
  flush();
  ByteWriter(&chunk).U32(checksum);
  flush();
  MAB_RETURN_IF_ERROR(written);
  return file->Commit();
}

absl::StatusOr<bool> LoadStickyCheckpoint(const std::string& path, StickyMap& sticky_map) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return false;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return absl::DataLossError(absl::StrCat("can't read ", path));
  MAB_ASSIGN_OR_RETURN(const uint64_t count, Check(file, path, size));
  file.clear();
  file.seekg(static_cast<std::streamoff>(kMagic.size()));
  MAB_RETURN_IF_ERROR(
      ReadPieces(file, path, count * kRecordBytes, kRecordBytes,
                 [&](absl::string_view record) { ApplyRecord(record, sticky_map); }));
  return true;
}

}  // namespace mab::assignment
