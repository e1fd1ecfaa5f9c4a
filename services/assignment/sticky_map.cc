#include "assignment/sticky_map.h"

#include <vector>

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

}  // namespace

absl::Status BeingErasedError() {
  return UnavailableError(kReasonUnavailable, "the user is being erased; try again");
}

StickyMap::StickyMap() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}

std::optional<StickyEntry> StickyMap::Find(const StickyKey& key) const {
  const Shard& shard = ShardOf(key.user);
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.entries.find(key);
  if (it == shard.entries.end()) return std::nullopt;
  return it->second;
}

void StickyMap::TakeBack(const StickyKey& key, uint64_t sequence) {
  // 0 is the sequence of records that are on disk.
  if (sequence == 0) return;
  Shard& shard = ShardOf(key.user);
  absl::MutexLock lock(&shard.mutex);
  const auto it = shard.entries.find(key);
  if (it == shard.entries.end()) return;
  if (!Strip(sequence, it->second)) shard.entries.erase(it);
}

absl::StatusOr<StickyMap::Erasure> StickyMap::BeginErasure(
    const bandit::UserHash& user, absl::FunctionRef<absl::StatusOr<uint64_t>()> append) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  std::vector<StickyEntry*> entries;
  for (auto& [key, entry] : shard.entries) {
    if (key.user != user) continue;
    if (entry.erasure_sequence != 0) return BeingErasedError();
    entries.push_back(&entry);
  }
  MAB_ASSIGN_OR_RETURN(const uint64_t sequence, append());
  for (StickyEntry* entry : entries) entry->erasure_sequence = sequence;
  return Erasure{sequence, entries.size()};
}

void StickyMap::RemoveUser(const bandit::UserHash& user, uint64_t sequence) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  absl::erase_if(shard.entries, [&](const auto& item) {
    return item.first.user == user && item.second.assignment_sequence < sequence;
  });
}

void StickyMap::CancelErasure(const bandit::UserHash& user, uint64_t sequence) {
  Shard& shard = ShardOf(user);
  absl::MutexLock lock(&shard.mutex);
  for (auto& [key, entry] : shard.entries) {
    if (key.user == user && entry.erasure_sequence == sequence) entry.erasure_sequence = 0;
  }
}

void StickyMap::ForEach(absl::FunctionRef<void(const StickyKey&, const StickyEntry&)> visit,
                        absl::FunctionRef<void()> between) const {
  for (const Shard& shard : *shards_) {
    {
      absl::MutexLock lock(&shard.mutex);
      for (const auto& [key, entry] : shard.entries) visit(key, entry);
    }
    between();
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

StickyMap::Shard& StickyMap::ShardOf(const bandit::UserHash& user) const {
  // The user's hash is uniform and keyed: no client can aim at one shard.
  return (*shards_)[(user.bytes[0] | user.bytes[1] << 8) % kShards];
}

}  // namespace mab::assignment
