// Small files that are there whole or not at all.
//
// Thread safety: pure functions; two writers of one path are the caller's to keep apart.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mab::assignment {

// A file that takes the place of `path` at Commit; without Commit the old one stays. All errors:
// UNAVAILABLE with the system's reason. Not thread-safe.
class DurableFileWriter {
 public:
  // Removes what a process left that died before Commit. REQUIRES: nobody writes `path` now.
  static void RemoveUnfinished(const std::string& path);
  static absl::StatusOr<std::unique_ptr<DurableFileWriter>> Create(const std::string& path);
  ~DurableFileWriter();
  DurableFileWriter(const DurableFileWriter&) = delete;
  DurableFileWriter& operator=(const DurableFileWriter&) = delete;

  absl::Status Append(absl::string_view bytes);
  // Syncs the file, renames it, syncs the directory. Nothing may follow.
  absl::Status Commit();

 private:
  DurableFileWriter(std::string path, int file);

  const std::string path_;
  const std::string temporary_path_;
  int file_;
  bool committed_ = false;
};

// Replaces `path` with a file of these bytes.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes);

// nullopt where there is no such file. UNAVAILABLE when it can't be read or is larger than
// `bytes_max`.
absl::StatusOr<std::optional<std::string>> ReadFile(const std::string& path, uint64_t bytes_max);

}  // namespace mab::assignment
