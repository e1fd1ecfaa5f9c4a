// Lets old segments go: those that PostgreSQL has, a checkpoint covers, and that are older than
// MAB_JOURNAL_RETAIN. The age is there for a database that fails over or is restored: it is brought
// up to date from its own position, as far back as the segments reach.
//
// So that the age means something where little happens, a segment is completed after
// segment_age_max, however small it is.
//
// Room comes before age: where the journal fills three quarters of its limit, or the disk is short,
// segments that are drained and covered go before their time, oldest first, rather than have
// visitors refused.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "assignment/segment_journal.h"
#include "common/clock.h"
#include "common/metrics.h"

namespace mab::assignment {

// A part of MAB_JOURNAL_RETAIN, so that there are few segments.
absl::Duration SegmentAgeMax(absl::Duration retain);
// After an erasure, within this, nothing in the journal's directory names the visitor any more:
// while PostgreSQL takes the journal's records and the disk takes checkpoints.
absl::Duration ErasureTimeMax(absl::Duration retain);

class JournalRetention {
 public:
  struct Options {
    absl::Duration retain = absl::Hours(24);
    // How long a segment is written to.
    absl::Duration segment_age_max = absl::InfiniteDuration();
    // Of the journal; 0: no limit.
    uint64_t journal_bytes_max = 0;
    // The last record that is in PostgreSQL, 0 while that is not known, and the last that a
    // checkpoint covers.
    std::function<uint64_t()> drained;
    std::function<uint64_t()> covered;
    // Not owned; outlive this.
    SegmentJournal* journal = nullptr;
    const Clock* clock = nullptr;
    Metrics* metrics = nullptr;
  };
  explicit JournalRetention(Options options);

  void RunOnce();

 private:
  uint64_t KeepBytes() const;

  const Options options_;
  prometheus::Counter& removed_;
  prometheus::Counter& removed_early_;
  // Of the last time, so that an error that stays is logged once.
  absl::Status last_status_;
};

}  // namespace mab::assignment
