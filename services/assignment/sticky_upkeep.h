// What keeps the sticky map small while it is used: settles what is on the disk, lets go of what
// ended experiments don't need, and tells how much memory there is left.
//
// Of an archived experiment, which answers nobody, all entries go. Of a completed one whose record
// is closed (RecordIsOpen) those of users who converted stay: their repeated conversions are
// answered as such, and nothing else asks for an entry. They go an hour after it was closed, so
// that a clock that is set back by less asks for none that has gone. An experiment that the
// snapshot does not have keeps everything: only drafts are ever deleted, so the snapshot is the one
// that lacks something.
//
// Entries come back where the journal is replayed or the map is filled from PostgreSQL; the map
// does not take them once it has been told, and the first time it is told it removes them. A
// checkpoint is asked for where any went, so that no file keeps them.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "assignment/checkpointer.h"
#include "assignment/segment_journal.h"
#include "assignment/snapshot.h"
#include "assignment/snapshot_holder.h"
#include "assignment/sticky_map.h"
#include "common/clock.h"
#include "common/metrics.h"

namespace mab::assignment {

// What the experiments of `snapshot` keep at `now`; those that keep everything are not in it.
StickyKeeps KeepsOf(const Snapshot& snapshot, absl::Time now);

class StickyUpkeep {
 public:
  struct Options {
    // Not owned; outlive this.
    StickyMap* sticky_map = nullptr;
    SegmentJournal* journal = nullptr;
    Checkpointer* checkpointer = nullptr;
    const SnapshotHolder* snapshots = nullptr;
    const Clock* clock = nullptr;
    Metrics* metrics = nullptr;
  };
  explicit StickyUpkeep(const Options& options);

  // Once a second: what comes within a second is what the map has in its large form.
  void RunOnce();

 private:
  enum class Fill { kFine, kAlmostFull, kFull };

  void LetGo();
  void Settle();
  void Observe();

  const Options options_;
  StickyKeeps keeps_;
  Fill fill_ = Fill::kFine;
  prometheus::Gauge& entries_;
  prometheus::Gauge& bytes_;
  prometheus::Gauge& bytes_max_;
  prometheus::Counter& removed_;
};

}  // namespace mab::assignment
