// The directory of a journal: its lock, its segments, and the syncs that make a new name durable.
//
// Thread safety: const functions from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mab::assignment {

struct SegmentFile {
  uint64_t first_sequence = 0;  // as its name says
  uint64_t bytes = 0;
  std::string path;
};

// The segments of `directory` in the order of their records. Other files are not looked at.
absl::StatusOr<std::vector<SegmentFile>> ListSegments(const std::string& directory);

// Holds the lock of a directory while it lives, so that one process writes a journal. A process
// that dies lets it go.
class JournalDirectory {
 public:
  // Creates the directory where it is missing (its parents too; readable by the owner alone).
  // FAILED_PRECONDITION when another process holds it. Removes what a crash left of a segment that
  // was never completed.
  static absl::StatusOr<std::unique_ptr<JournalDirectory>> Open(const std::string& path);
  ~JournalDirectory();
  JournalDirectory(const JournalDirectory&) = delete;
  JournalDirectory& operator=(const JournalDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string SegmentPath(uint64_t first_sequence) const;
  // Where a segment is written before it has its name.
  std::string UnfinishedPath() const;
  // What an ordinary user may still write to its file system, in bytes.
  absl::StatusOr<uint64_t> FreeBytes() const;
  // fsync of the directory: names given and taken are on the disk.
  absl::Status Sync() const;

 private:
  JournalDirectory(std::string path, int descriptor);

  const std::string path_;
  const int descriptor_;
};

}  // namespace mab::assignment
