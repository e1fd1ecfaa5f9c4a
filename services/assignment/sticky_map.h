// Who has which variant: every assignment of every experiment, in memory. The journal is the truth;
// this is what it says, plus what is being written to it at the moment.
//
// Thread-safe: 1,024 shards with a mutex each; all entries of one user are in one shard. Whoever decides about an entry does it in WithEntry,
// under the lock of its shard, and takes the journal's sequence number there; so the journal has
// the records of one entry in the order in which they were decided.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bandit/user_hash.h"
#include "common/uuid.h"

namespace mab::assignment {

struct StickyKey {
  ExperimentId experiment;
  bandit::UserHash user;

  friend bool operator==(const StickyKey&, const StickyKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const StickyKey& key) {
    return H::combine(std::move(h), key.experiment, key.user);
  }
};

// A sequence of 0 belongs to a record of an earlier run, which is on disk.
struct StickyEntry {
  uint16_t variant_index = 0;
  uint64_t version = 0;
  double propensity = 0;  // 0 to 1
  absl::Time assigned_at;
  std::optional<absl::Time> exposed_at;
  std::optional<absl::Time> converted_at;
  // Of the conversion.
  bool credited = false;
  // The journal's record of each fact. An exposure at once has the assignment's.
  uint64_t assignment_sequence = 0;
  uint64_t exposure_sequence = 0;
  uint64_t conversion_sequence = 0;
  // Of the erasure that is being recorded; 0: none. Nothing is added to such an entry.
  uint64_t erasure_sequence = 0;

  // False for a user of whom only a later fact is known yet, while the map is being filled: whoever
  // is assigned had a chance to be.
  bool assignment_is_known() const { return propensity > 0; }

  friend bool operator==(const StickyEntry&, const StickyEntry&) = default;
};

// UNAVAILABLE, with a retry hint: the user is being erased at this moment.
absl::Status BeingErasedError();

class StickyMap {
 public:
  StickyMap();

  // Calls `decide` with the entry of `key`, nullopt where there is none, under the lock of its
  // shard. What `decide` leaves there is what the map holds afterwards; leaving nullopt removes the
  // entry. `decide` must not call the map.
  template <typename Decide>
  auto WithEntry(const StickyKey& key, Decide&& decide) {
    Shard& shard = ShardOf(key.user);
    absl::MutexLock lock(&shard.mutex);
    const auto it = shard.entries.find(key);
    const bool was_there = it != shard.entries.end();
    std::optional<StickyEntry> entry;
    if (was_there) entry = it->second;
    auto result = decide(entry);
    if (entry.has_value()) {
      if (!was_there) {
        shard.entries.emplace(key, *entry);
      } else {
        it->second = *entry;
      }
    } else if (was_there) {
      shard.entries.erase(it);
    }
    return result;
  }

  std::optional<StickyEntry> Find(const StickyKey& key) const;

  // The record `sequence` could not be written: removes what it put in (the entry, the exposure or
  // the conversion), and nothing where that is not in the entry any more.
  void TakeBack(const StickyKey& key, uint64_t sequence);

  static constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();

  // Calls `append`, which puts an erasure of `user` into the journal, under the lock of his shard,
  // and marks his entries with the sequence that it returns. Whoever began must end it, by
  // RemoveUser or by CancelErasure. Returns how many entries there are. UNAVAILABLE where another
  // erasure of this user is being written; the errors of `append`.
  struct Erasure {
    uint64_t sequence = 0;
    size_t entries = 0;
  };
  absl::StatusOr<Erasure> BeginErasure(const bandit::UserHash& user,
                                       absl::FunctionRef<absl::StatusOr<uint64_t>()> append);
  // The erasure `sequence` is on the disk: removes the user's entries of before. kEverything: all.
  void RemoveUser(const bandit::UserHash& user, uint64_t sequence);
  // The erasure `sequence` was not recorded.
  void CancelErasure(const bandit::UserHash& user, uint64_t sequence);

  // Visits every entry that is there all the time, shard by shard under its lock: `visit` must be
  // quick and must not call the map. After each shard calls `between`, without a lock, which may
  // take its time.
  void ForEach(absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit,
               absl::FunctionRef<void()> between = [] {}) const;

  // Approximate while others write.
  size_t size() const;

  // Whether every assignment of earlier runs is in. Until then a user without an entry may have one
  // nevertheless.
  bool complete() const { return complete_.load(std::memory_order_acquire); }
  void MarkComplete() { complete_.store(true, std::memory_order_release); }

 private:
  // So many that copying one takes less than a millisecond at ten million entries.
  static constexpr size_t kShards = 1024;

  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<StickyKey, StickyEntry> entries ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(const bandit::UserHash& user) const;

  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::atomic<bool> complete_ = false;
};

}  // namespace mab::assignment
