// A segment's file as the journal writes it, behind an interface so that a test can fill the disk
// and break it.
//
// Errors: FileError of what the system call said.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace mab::assignment {

// Thread safety: one thread writes and truncates; any thread may Sync meanwhile.
class JournalFile {
 public:
  virtual ~JournalFile() = default;
  // All of `bytes` at `offset`. After an error any part of them may be there.
  virtual absl::Status WriteAt(uint64_t offset, absl::string_view bytes) = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
  // fdatasync: what was written before is on the disk.
  virtual absl::Status Sync() = 0;
};

// Opens `path` for writing, and creates it where it is missing.
using JournalFileOpener =
    std::function<absl::StatusOr<std::unique_ptr<JournalFile>>(const std::string& path)>;

absl::StatusOr<std::unique_ptr<JournalFile>> OpenPosixJournalFile(const std::string& path);

// "cannot write …/0001.log: No space left on device". RESOURCE_EXHAUSTED when the disk or a quota
// is full, NOT_FOUND, PERMISSION_DENIED, else INTERNAL.
absl::Status FileError(absl::string_view what, absl::string_view path, int error_number);

}  // namespace mab::assignment
