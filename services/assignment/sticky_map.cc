#include "assignment/sticky_map.h"

#include "common/error.h"
#include "common/status_macros.h"

namespace mab::assignment {
namespace {

// Takes the facts of `sequence` out of `entry`; false where the whole entry is that record's.
bool Strip(uint64_t sequence, StickyEntry& entry) {
  if (entry.assignment_sequence == sequence) return false;
  if (entry.exposure_sequence == sequence) {
    entry.exposed_at.reset();
    entry.exposure_sequence = 0;
  }
  if (entry.conversion_sequence == sequence) {
    entry.converted_at.reset();
    entry.credited = false;
    entry.conversion_sequence = 0;
  }
  return true;
}

bool Keeps(StickyKeep keep, const StickyEntry& entry) {
  return keep == StickyKeep::kAll ||
         (keep == StickyKeep::kConverted && entry.converted_at.has_value());
}

StickyDraw DrawOf(const StickyEntry& entry) {
  return {entry.version, entry.propensity, entry.variant_index};
}

}  // namespace

absl::Status BeingErasedError() {
  return UnavailableError(kReasonUnavailable, "the user is being erased; try again");
}

StickyMap::StickyMap(size_t bytes_max)
    : bytes_max_(bytes_max),
      shards_(std::make_unique<std::array<Shard, kShards>>()),
      bytes_(sizeof(*shards_)) {}

std::optional<StickyEntry> StickyMap::Find(const StickyKey& key) const {
  const Shard& shard = ShardOf(key.user);
  absl::MutexLock lock(&shard.mutex);
  return FindIn(shard, key).entry;
}

StickyMap::Found StickyMap::FindIn(const Shard& shard, const StickyKey& key) const {
  if (!shard.recent.empty()) {
    const auto it = shard.recent.find(key);
    if (it != shard.recent.end()) return {it->second, /*settled=*/false};
  }
  Found found{shard.settled.Find(key, draws_), /*settled=*/true};
  found.settled = found.entry.has_value();
  return found;
}

void StickyMap::Store(Shard& shard, const StickyKey& key, const Found& before,
                      const std::optional<StickyEntry>& after) {
  if (after.has_value() && SettledEntries::Fits(*after) &&
      StoreSettled(shard, key, before, *after)) {
    return;
  }
  if (before.settled) shard.settled.Remove(key);
  if (after.has_value()) {
    shard.recent.insert_or_assign(key, *after);
    if (!before.entry.has_value()) entries_.fetch_add(1, std::memory_order_relaxed);
  } else {
    if (!before.settled) shard.recent.erase(key);
    entries_.fetch_sub(1, std::memory_order_relaxed);
  }
  Account(shard);
}

bool StickyMap::StoreSettled(Shard& shard, const StickyKey& key, const Found& before,
                             const StickyEntry& after) {
  DrawTable::Experiment& experiment = draws_.Of(key.experiment);
  const bool kept = Keeps(experiment.keep(), after);
  if (kept) {
    const DrawTable::DrawId draw = draws_.Intern(experiment, DrawOf(after));
    if (draw == DrawTable::kNone || !shard.settled.Put(key, after, draw)) return false;
  } else if (before.settled) {
    shard.settled.Remove(key);
  }
  if (before.entry.has_value() && !before.settled) shard.recent.erase(key);
  if (kept && !before.entry.has_value()) entries_.fetch_add(1, std::memory_order_relaxed);
  if (!kept && before.entry.has_value()) entries_.fetch_sub(1, std::memory_order_relaxed);
  Account(shard);
  return true;
}

std::optional<size_t> StickyMap::PutSettled(const StickyKey& key, const StickyEntry& entry,
                                            DrawTable::DrawId draw) {
  Shard& shard = ShardOf(key.user);
  absl::MutexLock lock(&shard.mutex);
  if (!shard.recent.empty() || draws_.ExperimentOf(draw).keep() != StickyKeep::kAll) {
    return std::nullopt;
  }
  const size_t before = shard.settled.size();
  if (!shard.settled.Put(key, entry, draw)) return std::nullopt;
  Account(shard);
  return shard.settled.size() - before;
}

void StickyMap::Reserve(size_t entries) {
  for (Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    shard.settled.Reserve(entries / kShards);
    Account(shard);
  }
}

void StickyMap::TakeBack(const StickyKey& key, uint64_t sequence) {
  // 0 is the sequence of records that are on disk.
  if (sequence == 0) return;
  WithEntry(key, [&](std::optional<StickyEntry>& entry) {
    if (entry.has_value() && !Strip(sequence, *entry)) entry.reset();
    return true;
  });
}

std::vector<StickyKey> StickyMap::SettledKeysOf(const SettledEntries& settled,
                                                const bandit::UserHash& user) const {
  std::vector<StickyKey> keys;
  draws_.ForEachExperiment([&](const ExperimentId& experiment) {
    const StickyKey key{experiment, user};
    if (settled.Has(key)) keys.push_back(key);
  });
  return keys;
}

absl::StatusOr<StickyMap::Erasure> StickyMap::BeginErasure(
    const bandit::UserHash& user, absl::FunctionRef<absl::StatusOr<uint64_t>()> append) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  std::vector<StickyEntry*> recent;
  for (auto& [key, entry] : shard.recent) {
    if (key.user != user) continue;
    if (entry.erasure_sequence != 0) return BeingErasedError();
    recent.push_back(&entry);
  }
  MAB_ASSIGN_OR_RETURN(const uint64_t sequence, append());
  for (StickyEntry* entry : recent) entry->erasure_sequence = sequence;
  const std::vector<StickyKey> settled = SettledKeysOf(shard.settled, user);
  for (const StickyKey& key : settled) {
    StickyEntry entry = *shard.settled.Find(key, draws_);
    entry.erasure_sequence = sequence;
    shard.recent.emplace(key, entry);
    shard.settled.Remove(key);
  }
  Account(shard);
  return Erasure{sequence, recent.size() + settled.size()};
}

void StickyMap::RemoveUser(const bandit::UserHash& user, uint64_t sequence) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  // All that the user had when the erasure began was marked, and is recent while it is.
  size_t removed = absl::erase_if(shard.recent, [&](const auto& item) {
    return item.first.user == user &&
           (sequence == kEverything || item.second.erasure_sequence == sequence);
  });
  if (sequence == kEverything) {
    for (const StickyKey& key : SettledKeysOf(shard.settled, user)) {
      shard.settled.Remove(key);
      ++removed;
    }
  }
  entries_.fetch_sub(removed, std::memory_order_relaxed);
}

void StickyMap::CancelErasure(const bandit::UserHash& user, uint64_t sequence) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  for (auto& [key, entry] : shard.recent) {
    if (key.user == user && entry.erasure_sequence == sequence) entry.erasure_sequence = 0;
  }
}

size_t StickyMap::Settle(uint64_t through, absl::FunctionRef<bool(uint64_t)> was_written) {
  size_t removed = 0;
  for (Shard& shard : *shards_) {
    size_t found = 0;
    size_t moved = 0;
    do {
      std::vector<Moving> moving = FindSettling(shard, through, was_written);
      found = moving.size();
      if (found == 0) break;
      // Without a lock: the table of draws takes its time where it grows.
      for (Moving& one : moving) InternDraw(one);
      moved = Move(shard, moving, removed);
    } while (found == kSettledAtOnce && moved > 0);
  }
  entries_.fetch_sub(removed, std::memory_order_relaxed);
  return removed;
}

std::vector<StickyMap::Moving> StickyMap::FindSettling(
    const Shard& shard, uint64_t through, absl::FunctionRef<bool(uint64_t)> was_written) const {
  const auto holds = [&](uint64_t sequence) {
    return sequence == 0 || (sequence <= through && was_written(sequence));
  };
  std::vector<Moving> moving;
  absl::MutexLock lock(&shard.mutex);
  for (const auto& [key, entry] : shard.recent) {
    if (entry.erasure_sequence != 0 || !holds(entry.assignment_sequence) ||
        !holds(entry.exposure_sequence) || !holds(entry.conversion_sequence)) {
      continue;
    }
    moving.push_back({key, entry});
    if (moving.size() == kSettledAtOnce) break;
  }
  return moving;
}

void StickyMap::InternDraw(Moving& moving) {
  DrawTable::Experiment& experiment = draws_.Of(moving.key.experiment);
  moving.removed = !Keeps(experiment.keep(), moving.entry);
  if (!moving.removed) moving.draw = draws_.Intern(experiment, DrawOf(moving.entry));
}

size_t StickyMap::Move(Shard& shard, const std::vector<Moving>& moving, size_t& removed) {
  absl::MutexLock lock(&shard.mutex);
  const size_t before = shard.recent.size();
  for (const Moving& one : moving) {
    const auto it = shard.recent.find(one.key);
    if (it == shard.recent.end() || it->second != one.entry) continue;
    if (one.removed) {
      ++removed;
    } else {
      StickyEntry entry = one.entry;
      entry.assignment_sequence = entry.exposure_sequence = entry.conversion_sequence = 0;
      if (one.draw == DrawTable::kNone || !SettledEntries::Fits(entry) ||
          !shard.settled.Put(one.key, entry, one.draw)) {
        continue;
      }
    }
    shard.recent.erase(it);
  }
  const size_t moved = before - shard.recent.size();
  if (shard.recent.empty()) {
    Recent().swap(shard.recent);
  } else if (shard.recent.capacity() > 8 * shard.recent.size()) {
    shard.recent.rehash(0);
  }
  Account(shard);
  return moved;
}

size_t StickyMap::SetKeeps(const StickyKeeps& keeps) {
  const std::vector<DrawTable::Experiment*> stricter = draws_.SetKeeps(keeps);
  if (stricter.empty()) return 0;
  // Whatever is settled in a shard from here on is looked at under its lock; so behind this loop no
  // settled entry is left that should not be.
  size_t removed = 0;
  for (Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    removed += shard.settled.RemoveEnded(draws_);
    Account(shard);
  }
  entries_.fetch_sub(removed, std::memory_order_relaxed);
  for (DrawTable::Experiment* experiment : stricter) {
    if (experiment->keep() == StickyKeep::kNothing) draws_.Free(*experiment);
  }
  return removed;
}

void StickyMap::ForEach(absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit,
                        absl::FunctionRef<void()> between) const {
  for (const Shard& shard : *shards_) {
    {
      absl::MutexLock lock(&shard.mutex);
      for (const auto& [key, entry] : shard.recent) visit(key, entry);
      shard.settled.ForEach(draws_, visit);
    }
    between();
  }
}

void StickyMap::Account(Shard& shard) {
  const size_t bytes =
      shard.settled.bytes() + shard.recent.capacity() * (sizeof(Recent::value_type) + 1);
  if (bytes == shard.bytes) return;
  // The difference may be negative: it wraps.
  bytes_.fetch_add(bytes - shard.bytes, std::memory_order_relaxed);
  shard.bytes = bytes;
}

StickyMap::Shard& StickyMap::ShardOf(const bandit::UserHash& user) const {
  // The user's hash is uniform and keyed: no client can aim at one shard.
  return (*shards_)[(user.bytes[0] | user.bytes[1] << 8) % kShards];
}

}  // namespace mab::assignment
