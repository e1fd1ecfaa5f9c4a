#include "assignment/segment_removal.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "assignment/journal_file.h"
#include "assignment/segment_reader.h"
#include "common/status_macros.h"

namespace mab::assignment {

namespace {

// Removes what may go of `files`, and counts it.
absl::Status Remove(const std::vector<SegmentFile>& files, const SegmentRemovalRule& rule,
                    RemovedSegments& removed) {
  uint64_t bytes_left = 0;
  for (const SegmentFile& file : files) bytes_left += file.bytes;
  for (size_t i = 0; i + 1 < files.size(); ++i) {
    // Even its first record is beyond: no need to open the next one.
    if (files[i].first_sequence > rule.through) break;
    // The next one says where this one ends, and was begun when this one was complete.
    MAB_ASSIGN_OR_RETURN(const std::unique_ptr<SegmentReader> next,
                         SegmentReader::Open(files[i + 1].path));
    if (next->header().previous_last_sequence > rule.through) break;
    const bool aged = next->header().created_at < rule.complete_before;
    if (!aged && bytes_left <= rule.keep_bytes) break;
    if (unlink(files[i].path.c_str()) != 0) return FileError("remove", files[i].path, errno);
    ++removed.count;
    if (!aged) ++removed.early;
    removed.bytes += files[i].bytes;
    bytes_left -= files[i].bytes;
  }
  return absl::OkStatus();
}

}  // namespace

RemovedSegments RemoveSegments(const JournalDirectory& directory, const SegmentRemovalRule& rule) {
  RemovedSegments removed;
  const absl::StatusOr<std::vector<SegmentFile>> files = ListSegments(directory.path());
  removed.status = files.ok() ? Remove(*files, rule, removed) : files.status();
  if (removed.count > 0) removed.status.Update(directory.Sync());
  return removed;
}

absl::StatusOr<uint64_t> RemovedThrough(const std::string& directory) {
  MAB_ASSIGN_OR_RETURN(const std::vector<SegmentFile> files, ListSegments(directory));
  if (files.empty()) return 0;
  MAB_ASSIGN_OR_RETURN(const std::unique_ptr<SegmentReader> first,
                       SegmentReader::Open(files[0].path));
  return first->header().previous_last_sequence;
}

}  // namespace mab::assignment
