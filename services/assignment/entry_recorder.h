// What assigner, exposer and converter share: they decide about a user's entry of the sticky map
// and put the record of it into the journal, in this order:
//
//   1. under the lock of the entry's shard: Append, then change the entry;
//   2. after the lock: TakeBackOnFailure, so that the entry says nothing that the journal does not
//   have in the end;
//   3. the answer goes out when the journal has done what WaitFor says.
//
// Thread-safe. Journal, map and clock are not owned and outlive this and the journal's callbacks.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assignment/answer.h"
#include "assignment/journal.h"
#include "assignment/sticky_map.h"
#include "common/clock.h"
#include "storage/event.h"

namespace mab::assignment {

// Which answers wait for the disk, and not only for the kernel: MAB_JOURNAL_SYNC.
enum class JournalSync { kConversions, kAlways };

class EntryRecorder {
 public:
  EntryRecorder(Journal* journal, StickyMap* sticky_map, const Clock* clock, JournalSync sync)
      : journal_(journal), sticky_map_(sticky_map), clock_(clock), sync_(sync) {}

  StickyMap& sticky_map() { return *sticky_map_; }

  // In microseconds, which is what the journal keeps.
  absl::Time Now() const;

  // Journal::Append.
  absl::StatusOr<uint64_t> Append(const storage::Event& event, uint64_t after);
  // The same for a fact about `entry`, which builds on all that the entry says. UNAVAILABLE where
  // its user is being erased.
  absl::StatusOr<uint64_t> AppendAbout(const StickyEntry& entry, const storage::Event& event);

  // Takes the facts of record `sequence` out of the entry again, should the record not be written.
  // Nothing for sequence 0. REQUIRES: no lock of the map is held.
  void TakeBackOnFailure(const StickyKey& key, uint64_t sequence);

  // Visitors who became trials since the process began.
  uint64_t exposures() const { return exposures_.load(std::memory_order_relaxed); }

  // For an answer that rests on an assignment or an exposure with this record.
  JournalWait WaitFor(uint64_t sequence) const;

 private:
  Journal* const journal_;
  StickyMap* const sticky_map_;
  const Clock* const clock_;
  const JournalSync sync_;
  std::atomic<uint64_t> exposures_ = 0;
};

}  // namespace mab::assignment
