#include "assignment/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

absl::Status SystemError(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("can't ", what, " ", path, ": ", strerror(errno)));
}

std::string TemporaryPath(const std::string& path) { return absl::StrCat(path, ".tmp"); }

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return SystemError("open", directory);
  const auto close_file = absl::MakeCleanup([file] { close(file); });
  if (fsync(file) != 0) return SystemError("sync", directory);
  return absl::OkStatus();
}

}  // namespace

DurableFileWriter::DurableFileWriter(std::string path, int file)
    : path_(std::move(path)), temporary_path_(TemporaryPath(path_)), file_(file) {}

absl::StatusOr<std::unique_ptr<DurableFileWriter>> DurableFileWriter::Create(
    const std::string& path) {
  const std::string temporary = TemporaryPath(path);
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return SystemError("create", temporary);
  return std::unique_ptr<DurableFileWriter>(new DurableFileWriter(path, file));
}

void DurableFileWriter::RemoveUnfinished(const std::string& path) {
  unlink(TemporaryPath(path).c_str());
}

DurableFileWriter::~DurableFileWriter() {
  close(file_);
  if (!committed_) unlink(temporary_path_.c_str());
}

absl::Status DurableFileWriter::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("write", temporary_path_);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status DurableFileWriter::Commit() {
  if (fsync(file_) != 0) return SystemError("sync", temporary_path_);
  if (rename(temporary_path_.c_str(), path_.c_str()) != 0) return SystemError("rename to", path_);
  committed_ = true;
  return SyncDirectoryOf(path_);
}

absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes) {
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<DurableFileWriter> file,
                       DurableFileWriter::Create(path));
  MAB_RETURN_IF_ERROR(file->Append(bytes));
  return file->Commit();
}

absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path, uint64_t bytes_max) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return std::nullopt;
  if (file < 0) return SystemError("open", path);
  const auto close_file = absl::MakeCleanup([file] { close(file); });
  struct stat facts {};
  if (fstat(file, &facts) != 0) return SystemError("read", path);
  if (static_cast<uint64_t>(facts.st_size) > bytes_max) {
    return absl::UnavailableError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
  }
  std::string bytes(static_cast<size_t>(facts.st_size), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = read(file, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("read", path);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace mab::assignment
