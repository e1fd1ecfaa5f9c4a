#include "assignment/segment_journal_options.h"

#include "common/error.h"

namespace mab::assignment {

absl::Status CheckOptions(const SegmentJournalOptions& options) {
  Violations violations;
  if (options.directory.empty()) violations.Add("directory", "must be given");
  if (options.clock == nullptr) violations.Add("clock", "must be given");
  if (!options.on_fatal) violations.Add("on_fatal", "must be given");
  if (options.segment_bytes_max == 0) violations.Add("segment_bytes_max", "must be positive");
  if (options.buffer_bytes_max == 0) violations.Add("buffer_bytes_max", "must be positive");
  return violations.ToStatus();
}

}  // namespace mab::assignment
