// Writes a checkpoint of the sticky map now and then, and when the process ends, so that a start
// replays only what came after it, and older segments can go.
//
// One is due where there is none, and when the journal has grown by options.bytes_min, and by the
// last checkpoint's own size: so checkpoints cost at most as much writing as the journal itself,
// and a start reads at most about twice the map. Where the journal presses on its limit, bytes_min
// is enough; an erasure alone makes one due soon, and so do entries that went with their
// experiment; where it refuses events for want of room, any growth is. One that fails is tried
// again after a second, then after twice as long, at most a minute.
//
// Thread safety: covered(), settles_through() and RequestWithoutRemoved() from any thread, the rest
// from one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "assignment/segment_journal.h"
#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_map.h"
#include "common/clock.h"
#include "common/metrics.h"

namespace mab::assignment {

class Checkpointer {
 public:
  struct Options {
    std::string path;
    uint64_t bytes_min = 16 << 20;
    // A checkpoint before an erasure names the visitor: after one, the next is due when the last
    // one is this old.
    absl::Duration erasure_delay = absl::InfiniteDuration();
    // The journal's size from which bytes_min alone makes one due.
    uint64_t pressing_bytes = UINT64_MAX;
    // The checkpoint that this start began with.
    std::optional<LoadedCheckpoint> loaded;
    // How far PostgreSQL is known to be.
    std::function<uint64_t()> drained;
    // Not owned; outlive this.
    const StickyMap* sticky_map = nullptr;
    SegmentJournal* journal = nullptr;
    const Clock* clock = nullptr;
    Metrics* metrics = nullptr;
  };
  explicit Checkpointer(Options options);

  // All records of the journal up to this one are in a checkpoint on the disk.
  uint64_t covered() const { return covered_.load(std::memory_order_acquire); }

  // The last record whose entries may lose their sequences (StickyMap::Settle): it is on the disk,
  // and in the checkpoint that is being written, if one is.
  uint64_t settles_through() const;

  // The map has lost entries of which the journal does not say that they went: the last checkpoint
  // is to be replaced by one without them, as soon as after an erasure. Any thread.
  void RequestWithoutRemoved() { removed_.store(true, std::memory_order_release); }

  // Nothing while the map is not complete.
  void WriteIfDue();
  // Writes one where anything happened since the last. REQUIRES: the map is complete.
  absl::Status Write();

 private:
  bool Due() const;
  // All that was replayed and written, in bytes.
  uint64_t JournalBytes() const;
  // UNAVAILABLE where the disk has no room for another checkpoint beside the last.
  absl::Status CheckRoom() const;
  // What the next one covers; it is being written until EndCover.
  CheckpointCover BeginCover();
  void EndCover();

  const Options options_;
  std::atomic<uint64_t> covered_;
  std::atomic<bool> removed_ = false;
  mutable absl::Mutex cover_mutex_;
  std::optional<uint64_t> covering_ ABSL_GUARDED_BY(cover_mutex_);
  bool exists_;
  uint64_t checkpoint_bytes_;
  // JournalBytes at the last checkpoint.
  uint64_t journal_bytes_ = 0;
  absl::Time written_at_ = absl::InfinitePast();
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Duration backoff_;
  prometheus::Gauge& sequence_gauge_;
  prometheus::Gauge& bytes_gauge_;
  prometheus::Gauge& seconds_gauge_;
};

}  // namespace mab::assignment
