#include "assignment/journal_retention.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/log.h"

namespace mab::assignment {

namespace {

// Of completing, saving and removing, each of which is done a moment after it is due.
constexpr absl::Duration kErasureMargin = absl::Minutes(1);

}  // namespace

absl::Duration SegmentAgeMax(absl::Duration retain) {
  return std::max(retain / 24, absl::Seconds(1));
}

absl::Duration ErasureTimeMax(absl::Duration retain) {
  return SegmentAgeMax(retain) + retain + kErasureMargin;
}

JournalRetention::JournalRetention(Options options)
    : options_(std::move(options)),
      removed_(options_.metrics->Counter(
          "mab_journal_segments_removed_total",
          "Segments that were removed, by why: they were old enough, or room was needed.",
          {{"reason", "age"}})),
      removed_early_(options_.metrics->Counter(
          "mab_journal_segments_removed_total",
          "Segments that were removed, by why: they were old enough, or room was needed.",
          {{"reason", "room"}})) {}

uint64_t JournalRetention::KeepBytes() const {
  if (options_.journal->room().disk_is_short()) return 0;
  if (options_.journal_bytes_max == 0) return std::numeric_limits<uint64_t>::max();
  return options_.journal_bytes_max / 4 * 3;
}

void JournalRetention::RunOnce() {
  options_.journal->CompleteSegment(options_.clock->Now() - options_.segment_age_max);
  const RemovedSegments removed =
      options_.journal->Remove({.through = std::min(options_.drained(), options_.covered()),
                                .complete_before = options_.clock->Now() - options_.retain,
                                .keep_bytes = KeepBytes()});
  removed_.Increment(static_cast<double>(removed.count - removed.early));
  removed_early_.Increment(static_cast<double>(removed.early));
  if (removed.early > 0) {
    MAB_LOG(kWarning,
            "room was needed: segments of the journal went before MAB_JOURNAL_RETAIN was over; a "
            "database that is restored to an earlier point may miss them",
            {{"segments", removed.early}, {"bytes", removed.bytes}});
  }
  if (removed.status != last_status_ && !removed.status.ok()) {
    MAB_LOG(kError, "old segments of the journal can't be removed", {{"error", removed.status}});
  }
  last_status_ = removed.status;
}

}  // namespace mab::assignment
