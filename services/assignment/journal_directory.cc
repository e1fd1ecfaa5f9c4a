#include "assignment/journal_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "assignment/journal_file.h"
#include "assignment/journal_format.h"
#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

constexpr char kUnfinishedName[] = "unfinished.tmp";

absl::Status CreateDirectories(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::create_directories(path, error)) {
    // There already, or not possible.
    return error ? FileError("create directory", path, error.value()) : absl::OkStatus();
  }
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error) return FileError("set the permissions of", path, error.value());
  // The new names are on the disk before anything in them is promised. A parent that may not be
  // opened is not ours, and was there before.
  std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
  for (;; parent = parent.parent_path()) {
    const int descriptor = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool failed = descriptor >= 0 && fsync(descriptor) != 0;
    const int error_number = errno;
    if (descriptor >= 0) close(descriptor);
    if (failed) return FileError("sync", parent.string(), error_number);
    if (parent == parent.root_path()) return absl::OkStatus();
  }
}

absl::Status LockDirectory(int descriptor, const std::string& path) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  if (errno != EWOULDBLOCK) return FileError("lock", path, errno);
  return FailedPreconditionError(
      kReasonFailedPrecondition,
      absl::StrCat("the journal in ", path,
                   " is open in another process: stop that one, or use another directory"));
}

}  // namespace

absl::StatusOr<std::vector<SegmentFile>> ListSegments(const std::string& directory) {
  std::vector<SegmentFile> segments;
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::filesystem::path& path = entries->path();
    const std::optional<uint64_t> first = ParseSegmentFileName(path.filename().string());
    if (!first.has_value()) continue;
    const uint64_t bytes = entries->file_size(error);
    if (error == std::errc::no_such_file_or_directory) continue;  // removed in between
    if (error) break;
    segments.push_back({.first_sequence = *first, .bytes = bytes, .path = path.string()});
  }
  if (error) return FileError("list", directory, error.value());
  std::sort(segments.begin(), segments.end(), [](const SegmentFile& a, const SegmentFile& b) {
    return a.first_sequence < b.first_sequence;
  });
  return segments;
}

absl::StatusOr<std::unique_ptr<JournalDirectory>> JournalDirectory::Open(const std::string& path) {
  MAB_RETURN_IF_ERROR(CreateDirectories(path));
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return FileError("open", path, errno);
  std::unique_ptr<JournalDirectory> directory(new JournalDirectory(path, descriptor));
  MAB_RETURN_IF_ERROR(LockDirectory(descriptor, path));
  if (unlink(directory->UnfinishedPath().c_str()) != 0 && errno != ENOENT) {
    return FileError("remove", directory->UnfinishedPath(), errno);
  }
  return directory;
}

JournalDirectory::JournalDirectory(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

JournalDirectory::~JournalDirectory() { close(descriptor_); }

std::string JournalDirectory::SegmentPath(uint64_t first_sequence) const {
  return absl::StrCat(path_, "/", SegmentFileName(first_sequence));
}

std::string JournalDirectory::UnfinishedPath() const {
  return absl::StrCat(path_, "/", kUnfinishedName);
}

absl::StatusOr<uint64_t> JournalDirectory::FreeBytes() const {
  struct statvfs system;
  if (fstatvfs(descriptor_, &system) != 0) return FileError("ask the free space of", path_, errno);
  return uint64_t{system.f_bavail} * system.f_frsize;
}

absl::Status JournalDirectory::Sync() const {
  if (fsync(descriptor_) != 0) return FileError("sync", path_, errno);
  return absl::OkStatus();
}

}  // namespace mab::assignment
