// Who has which variant: every assignment of every experiment, in memory. The journal is the truth;
// this is what it says, plus what is being written to it at the moment.
//
// Thread-safe: 1,024 shards with a mutex each; all entries of one user are in one shard. Whoever
// decides about an entry does it in WithEntry, under the lock of its shard, and takes the journal's
// sequence number there; so the journal has the records of one entry in the order in which they
// were decided.
//
// A shard has two parts, and each entry is in one of them. Recent entries have the sequence of each
// fact, some 200 bytes: their records may still fail, or an erasure of them is being written.
// Settle moves them to the settled ones, 32 bytes (settled_entries.h), whose sequences are 0; what
// is written about a settled entry makes it a recent one again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "assignment/draw_table.h"
#include "assignment/settled_entries.h"
#include "assignment/sticky_entry.h"
#include "bandit/user_hash.h"

namespace mab::assignment {

// UNAVAILABLE, with a retry hint: the user is being erased at this moment.
absl::Status BeingErasedError();

class StickyMap {
 public:
  // `bytes_max`: beyond it has_room() says no; 0: no limit.
  explicit StickyMap(size_t bytes_max = 0);

  // Calls `decide` with the entry of `key`, nullopt where there is none, under the lock of its
  // shard. What `decide` leaves there is what the map holds afterwards (unless the entry is
  // settled, and of an experiment that keeps no such entries); leaving nullopt removes the entry.
  // `decide` must not call the map.
  template <typename Decide>
  auto WithEntry(const StickyKey& key, Decide&& decide) {
    Shard& shard = ShardOf(key.user);
    absl::MutexLock lock(&shard.mutex);
    const Found before = FindIn(shard, key);
    std::optional<StickyEntry> entry = before.entry;
    auto result = decide(entry);
    if (entry != before.entry) Store(shard, key, before, entry);
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
  // The erasure `sequence` is on the disk: removes the entries that it marked. kEverything: all of
  // the user.
  void RemoveUser(const bandit::UserHash& user, uint64_t sequence);
  // The erasure `sequence` was not recorded.
  void CancelErasure(const bandit::UserHash& user, uint64_t sequence);

  // Moves entries to the settled ones whose records up to `through` are on the disk; `was_written`
  // tells those from the ones that failed. No checkpoint that is being written may have a cover of
  // less than `through`. Removes those that their experiment does not keep. No lock is held for
  // longer than a millisecond. Returns how many were removed.
  // REQUIRES: one thread, the one of SetKeeps.
  size_t Settle(uint64_t through, absl::FunctionRef<bool(uint64_t)> was_written);

  // Room for so many settled entries in all, so that the map does not have to grow to them.
  void Reserve(size_t entries);

  // What experiments keep, all that are not in `keeps` everything: removes what they don't, and
  // goes on to as it is added and settled. Returns how many were removed.
  size_t SetKeeps(const StickyKeeps& keeps);

  // Visits every entry that is there all the time, shard by shard under its lock: `visit` must be
  // quick and must not call the map. After each shard calls `between`, without a lock, which may
  // take its time.
  void ForEach(
      absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit,
      absl::FunctionRef<void()> between = [] {}) const;

  // Approximate while others write.
  size_t size() const { return entries_.load(std::memory_order_relaxed); }
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed) + draws_.bytes(); }
  size_t bytes_max() const { return bytes_max_; }
  // Whether a user who is not known yet may be added.
  bool has_room() const { return bytes_max_ == 0 || memory_bytes() < bytes_max_; }

  // Whether every assignment of earlier runs is in. Until then a user without an entry may have one
  // nevertheless.
  bool complete() const { return complete_.load(std::memory_order_acquire); }
  void MarkComplete() { complete_.store(true, std::memory_order_release); }

 private:
  friend class StickyLoader;

  // So many that copying one takes less than a millisecond at ten million entries.
  static constexpr size_t kShards = 1024;
  // How many entries are settled under one lock.
  static constexpr size_t kSettledAtOnce = 256;

  using Recent = absl::flat_hash_map<StickyKey, StickyEntry>;
  struct Shard {
    mutable absl::Mutex mutex;
    Recent recent ABSL_GUARDED_BY(mutex);
    SettledEntries settled ABSL_GUARDED_BY(mutex);
    // What of it is in bytes_.
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };
  struct Found {
    std::optional<StickyEntry> entry;
    bool settled = false;
  };
  // An entry on its way to the settled ones.
  struct Moving {
    StickyKey key;
    StickyEntry entry;
    DrawTable::DrawId draw = DrawTable::kNone;
    bool removed = false;
  };

  Shard& ShardOf(const bandit::UserHash& user) const;
  Found FindIn(const Shard& shard, const StickyKey& key) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // `after` is not what there was.
  void Store(Shard& shard, const StickyKey& key, const Found& before,
             const std::optional<StickyEntry>& after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  bool StoreSettled(Shard& shard, const StickyKey& key, const Found& before,
                    const StickyEntry& after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  // For a settled entry whose draw is interned: how many entries more there are, which the caller
  // adds to entries_. nullopt, and nothing is changed, where it can't be done, or not so simply.
  std::optional<size_t> PutSettled(const StickyKey& key, const StickyEntry& entry,
                                   DrawTable::DrawId draw);
  std::vector<StickyKey> SettledKeysOf(const SettledEntries& settled,
                                       const bandit::UserHash& user) const;
  std::vector<Moving> FindSettling(const Shard& shard, uint64_t through,
                                   absl::FunctionRef<bool(uint64_t)> was_written) const;
  void InternDraw(Moving& moving);
  size_t Move(Shard& shard, const std::vector<Moving>& moving, size_t& removed);
  // Brings bytes_ up to date.
  void Account(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const size_t bytes_max_;
  DrawTable draws_;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::atomic<size_t> entries_ = 0;
  std::atomic<size_t> bytes_;
  std::atomic<bool> complete_ = false;
};

}  // namespace mab::assignment
