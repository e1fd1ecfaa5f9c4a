#include "assignment/snapshot_file_codec.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "assignment/byte_codec.h"
#include "assignment/crc32c.h"
#include "assignment/durable_file.h"
#include "assignment/snapshot_codec.h"
#include "assignment/snapshot_merge.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

// What a protobuf message can be at most.
constexpr uint64_t kFileBytesMax = uint64_t{2} << 30;
// CRC32C of the message, little-endian, before it.
constexpr size_t kChecksumBytes = 4;

}  // namespace

absl::Status SaveSnapshot(const Snapshot& snapshot, const std::string& path) {
  const std::string message = EncodeSnapshot(snapshot).SerializeAsString();
  std::string bytes;
  bytes.reserve(kChecksumBytes + message.size());
  ByteWriter(&bytes).U32(Crc32c(message));
  bytes += message;
  return WriteFileDurably(path, bytes);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& path) {
  MAB_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, ReadFile(path, kFileBytesMax));
  if (!bytes.has_value()) return nullptr;
  ByteReader reader(*bytes);
  const uint32_t checksum = reader.U32();
  const absl::string_view message = absl::string_view(*bytes).substr(
      bytes->size() < kChecksumBytes ? bytes->size() : kChecksumBytes);
  v1::WatchSnapshotsResponse proto;
  proto.set_full(true);
  if (!reader.ok() || checksum != Crc32c(message) ||
      !proto.mutable_snapshot()->ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return absl::DataLossError(absl::StrCat(path, " is damaged"));
  }
  return MergeSnapshot(nullptr, DecodeUpdate(proto));
}

}  // namespace mab::assignment
