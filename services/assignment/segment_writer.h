// The segment that the journal appends to, and the way to the next one.
//
// Errors: a write that fails is taken back, so that the file ends with the last good record again;
// the caller may go on. DATA_LOSS: it could not be taken back, or a sync failed, and what is on the
// disk is no longer known. That is final.
//
// Thread safety: one thread; file() may be synced by another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "assignment/journal_directory.h"
#include "assignment/journal_file.h"
#include "assignment/journal_format.h"

namespace mab::assignment {

class SegmentWriter {
 public:
  // `directory` is not owned.
  SegmentWriter(const JournalDirectory& directory, JournalFileOpener open_file)
      : directory_(directory), open_file_(std::move(open_file)) {}

  // Goes on with a segment that exists, after its first `size` bytes. What follows them is cut, and
  // all of them are on the disk when this returns. Those after `synced` are written once more for
  // that: a kernel whose fdatasync failed once may take the pages for clean, and would not write
  // them again by itself.
  absl::Status Continue(const std::string& path, uint64_t synced, uint64_t size);
  // Begins a segment, and closes the one before, which must be synced; one without records that would
  // have the same name is replaced. Its name and its header are on the disk when this returns.
  absl::Status Begin(const SegmentHeader& header);
  absl::Status Append(absl::string_view records);
  absl::Status Sync();

  // Null before the first Continue or Begin.
  std::shared_ptr<JournalFile> file() const { return file_; }
  uint64_t size() const { return size_; }
  // As its name says; 0 before the first Continue or Begin.
  uint64_t first_sequence() const { return first_sequence_; }

 private:
  const JournalDirectory& directory_;
  const JournalFileOpener open_file_;
  std::shared_ptr<JournalFile> file_;
  uint64_t size_ = 0;
  uint64_t first_sequence_ = 0;
};

}  // namespace mab::assignment
