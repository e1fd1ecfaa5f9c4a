#include "assignment/segment_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

absl::Status Final(const absl::Status& status) {
  return status.ok() ? status : absl::DataLossError(status.message());
}

// Writes the header of a file that has no name yet.
absl::Status WriteHeader(JournalFile& file, const std::string& header) {
  MAB_RETURN_IF_ERROR(file.Truncate(0));
  MAB_RETURN_IF_ERROR(file.WriteAt(0, header));
  return file.Sync();
}

absl::StatusOr<std::string> ReadRange(const std::string& path, uint64_t begin, uint64_t end) {
  std::string bytes(end - begin, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(begin));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) return absl::InternalError(absl::StrCat("cannot read ", path));
  return bytes;
}

}  // namespace

absl::Status SegmentWriter::Continue(const std::string& path, uint64_t synced, uint64_t size) {
  MAB_ASSIGN_OR_RETURN(std::shared_ptr<JournalFile> file, open_file_(path));
  MAB_ASSIGN_OR_RETURN(const std::string unsynced, ReadRange(path, synced, size));
  MAB_RETURN_IF_ERROR(Final(file->Truncate(size)));
  MAB_RETURN_IF_ERROR(Final(file->WriteAt(synced, unsynced)));
  MAB_RETURN_IF_ERROR(Final(file->Sync()));
  MAB_RETURN_IF_ERROR(Final(directory_.Sync()));
  file_ = std::move(file);
  size_ = size;
  first_sequence_ =
      ParseSegmentFileName(std::filesystem::path(path).filename().string()).value_or(0);
  return absl::OkStatus();
}

absl::Status SegmentWriter::Begin(const SegmentHeader& header) {
  const std::string unfinished = directory_.UnfinishedPath();
  const std::string path = directory_.SegmentPath(header.first_sequence);
  MAB_ASSIGN_OR_RETURN(std::shared_ptr<JournalFile> file, open_file_(unfinished));
  // Nothing was promised in this file yet: a failure here is like any other write's.
  if (absl::Status status = WriteHeader(*file, EncodeSegmentHeader(header)); !status.ok()) {
    unlink(unfinished.c_str());
    return status;
  }
  if (rename(unfinished.c_str(), path.c_str()) != 0) return FileError("name", path, errno);
  MAB_RETURN_IF_ERROR(Final(directory_.Sync()));
  file_ = std::move(file);
  size_ = kSegmentHeaderBytes;
  first_sequence_ = header.first_sequence;
  return absl::OkStatus();
}

absl::Status SegmentWriter::Append(absl::string_view records) {
  absl::Status status = file_->WriteAt(size_, records);
  if (status.ok()) {
    size_ += records.size();
    return status;
  }
  if (absl::Status taken_back = file_->Truncate(size_); !taken_back.ok()) {
    return absl::DataLossError(absl::StrCat(status.message(), "; and then ", taken_back.message()));
  }
  return status;
}

absl::Status SegmentWriter::Sync() { return Final(file_->Sync()); }

}  // namespace mab::assignment
