#include "assignment/sticky_map.h"

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

}  // namespace

StickyMap::StickyMap() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}

std::optional<StickyEntry> StickyMap::Find(const StickyKey& key) const {
  const Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.entries.find(key);
  if (it == shard.entries.end()) return std::nullopt;
  return it->second;
}

void StickyMap::TakeBack(const StickyKey& key, uint64_t sequence) {
  // 0 is the sequence of records that are on disk.
  if (sequence == 0) return;
  Shard& shard = ShardOf(key);
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.entries.find(key);
  if (it == shard.entries.end()) return;
  if (!Strip(sequence, it->second)) shard.entries.erase(it);
}

void StickyMap::ForEach(absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit) const {
  for (const Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (const auto& [key, entry] : shard.entries) visit(key, entry);
  }
}

size_t StickyMap::size() const {
  size_t total = 0;
  for (const Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    total += shard.entries.size();
  }
  return total;
}

StickyMap::Shard& StickyMap::ShardOf(const StickyKey& key) const {
  // The user's hash is uniform and keyed: no client can aim at one shard.
  return (*shards_)[key.user.bytes[0] % kShards];
}

}  // namespace mab::assignment
