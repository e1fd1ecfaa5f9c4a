#include "admin/snapshot_hub.h"

#include <utility>

namespace mab::admin {

void SnapshotHub::Publish(absl::Time as_of, const std::string& database_id, SnapshotChange change) {
  absl::MutexLock lock(&mutex_);
  published_ = true;
  as_of_ = as_of;
  database_id_ = database_id;
  for (PublishedExperiment& published : change.changed) {
    const ExperimentId id = published.experiment->id;
    Put(id, std::move(published));
  }
  for (const ExperimentId& id : change.removed) Put(id, PublishedExperiment());
  if (removed_count_ > kRemovedMax) ForgetRemoved();
}

void SnapshotHub::PublishKeys(const std::string& database_id, PublishedKeys keys) {
  absl::MutexLock lock(&mutex_);
  if (!published_) as_of_ = keys.as_of;
  database_id_ = database_id;
  caller_keys_ = std::make_shared<const PublishedKeys>(std::move(keys));
  ++keys_generation_;
}

void SnapshotHub::Put(ExperimentId id, PublishedExperiment published) {
  Entry& entry = entries_[id];
  const bool was_removed = entry.generation != 0 && entry.published.experiment == nullptr;
  const bool is_removed = published.experiment == nullptr;
  if (was_removed) --removed_count_;
  if (is_removed) ++removed_count_;
  order_.erase(entry.generation);
  entry.generation = ++generation_;
  entry.published = std::move(published);
  order_.emplace(entry.generation, id);
}

void SnapshotHub::ForgetRemoved() {
  for (auto it = order_.begin(); it != order_.end();) {
    const auto entry = entries_.find(it->second);
    if (entry->second.published.experiment != nullptr) {
      ++it;
      continue;
    }
    entries_.erase(entry);
    it = order_.erase(it);
  }
  removed_count_ = 0;
  oldest_delta_ = generation_;
}

void SnapshotHub::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

bool SnapshotHub::MustStartAfresh(const Cursor& cursor) const {
  return !cursor.started_ || cursor.seen_ < oldest_delta_;
}

bool SnapshotHub::HasNews(const Cursor& cursor) const {
  if (cursor.keys_seen_ < keys_generation_) return true;
  return published_ && (MustStartAfresh(cursor) || cursor.seen_ < generation_);
}

SnapshotHub::Wait SnapshotHub::WaitForChange(const Cursor& cursor, absl::Duration timeout) const {
  const auto ready = [this, &cursor] {
    mutex_.AssertReaderHeld();
    return closed_ || HasNews(cursor);
  };
  absl::ReaderMutexLock lock(&mutex_);
  if (!mutex_.AwaitWithTimeout(absl::Condition(&ready), timeout)) return Wait::kTimeout;
  return closed_ ? Wait::kClosed : Wait::kChanged;
}

SnapshotUpdate SnapshotHub::Collect(Cursor& cursor) const {
  absl::ReaderMutexLock lock(&mutex_);
  SnapshotUpdate update;
  update.full = published_ && MustStartAfresh(cursor);
  update.as_of = as_of_;
  update.database_id = database_id_;
  // With a whole they go too: what was told before it may have been of no use to the watcher.
  if (update.full || cursor.keys_seen_ < keys_generation_) update.caller_keys = caller_keys_;
  cursor.keys_seen_ = keys_generation_;
  if (!published_) return update;
  const uint64_t seen = update.full ? 0 : cursor.seen_;
  for (auto it = order_.upper_bound(seen); it != order_.end(); ++it) {
    const PublishedExperiment& published = entries_.at(it->second).published;
    if (published.experiment != nullptr) {
      update.change.changed.push_back(published);
    } else if (!update.full) {
      update.change.removed.push_back(it->second);
    }
  }
  cursor.seen_ = generation_;
  cursor.started_ = true;
  return update;
}

size_t SnapshotHub::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return entries_.size() - removed_count_;
}

}  // namespace mab::admin
