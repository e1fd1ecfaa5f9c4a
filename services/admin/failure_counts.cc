#include "admin/failure_counts.h"

#include <algorithm>

namespace mab::admin {

const FailureCounts::Entry* FailureCounts::Find(const std::string& key, absl::Time now) const {
  const auto it = entries_.find(key);
  if (it == entries_.end() || it->second.failures == 0) return nullptr;
  return now - it->second.last >= options_.forgotten_after ? nullptr : &it->second;
}

absl::Duration FailureCounts::Wait(const std::string& key, absl::Time now) const {
  const Entry* entry = Find(key, now);
  if (entry == nullptr || entry->failures <= options_.free) return absl::ZeroDuration();
  absl::Duration delay = options_.first;
  for (uint32_t n = options_.free + 1; n < entry->failures && delay < options_.longest; ++n) {
    delay *= 2;
  }
  delay = std::min(delay, options_.longest);
  // A clock that was set back makes no wait longer than the delay.
  const absl::Duration passed = std::max(now - entry->last, absl::ZeroDuration());
  return std::max(delay - passed, absl::ZeroDuration());
}

bool FailureCounts::Any(const std::string& key, absl::Time now) const {
  return Find(key, now) != nullptr;
}

void FailureCounts::Add(const std::string& key, absl::Time now) {
  const bool forgotten = Find(key, now) == nullptr;
  const auto [it, is_new] = entries_.try_emplace(key);
  Entry& entry = it->second;
  if (is_new) {
    entry.place = order_.insert(order_.end(), key);
  } else {
    order_.splice(order_.end(), order_, entry.place);
  }
  entry.failures = forgotten ? 1 : std::min(entry.failures + 1, uint32_t{1} << 20);
  entry.last = now;
  if (entries_.size() <= options_.keys_max) return;
  entries_.erase(order_.front());
  order_.pop_front();
}

void FailureCounts::Remove(const std::string& key) {
  const auto it = entries_.find(key);
  if (it != entries_.end() && it->second.failures > 0) --it->second.failures;
}

void FailureCounts::Clear(const std::string& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  order_.erase(it->second.place);
  entries_.erase(it);
}

}  // namespace mab::admin
