#include "assignment/caller_keys.h"

#include <algorithm>
#include <utility>

namespace mab::assignment {
namespace {

// `key` among `keys`, unchanged; null otherwise.
CallerKeyPtr FindSame(const CallerKeys& keys, const CallerKey& key) {
  CallerKeyPtr found = keys.Find(key.secret_hash());
  const bool same = found != nullptr && found->id() == key.id() &&
                    found->expire_time() == key.expire_time() &&
                    found->settings() == key.settings();
  return same ? found : nullptr;
}

}  // namespace

void CallerKey::NoteUse(absl::Time now) const {
  const int64_t now_ms = absl::ToUnixMillis(now);
  const int64_t last_ms = used_at_ms_.load(std::memory_order_relaxed);
  // A clock that was set back does not keep it from being noted.
  if (last_ms <= now_ms && now_ms - last_ms < absl::ToInt64Milliseconds(kUseInterval)) return;
  used_at_ms_.store(now_ms, std::memory_order_relaxed);
  untold_.store(true, std::memory_order_release);
}

std::optional<absl::Time> CallerKey::TakeUse() const {
  if (!untold_.exchange(false, std::memory_order_acquire)) return std::nullopt;
  return absl::FromUnixMillis(used_at_ms_.load(std::memory_order_relaxed));
}

CallerKeys::CallerKeys(const std::vector<CallerKeyPtr>& keys, int64_t as_of_ms)
    : as_of_ms_(as_of_ms) {
  by_hash_.reserve(keys.size());
  for (const CallerKeyPtr& key : keys) by_hash_.emplace(key->secret_hash(), key);
}

CallerKeyPtr CallerKeys::Find(absl::string_view secret_hash) const {
  const auto it = by_hash_.find(secret_hash);
  return it == by_hash_.end() ? nullptr : it->second;
}

CallerKeyPtr CallerKeys::FindGood(absl::string_view secret_hash, absl::Time now) const {
  CallerKeyPtr key = Find(secret_hash);
  return key != nullptr && key->GoodAt(now) ? key : nullptr;
}

std::vector<CallerKeyPtr> CallerKeys::all() const {
  std::vector<CallerKeyPtr> keys;
  keys.reserve(by_hash_.size());
  for (const auto& [hash, key] : by_hash_) keys.push_back(key);
  return keys;
}

std::shared_ptr<const CallerKeys> CarryUses(const CallerKeys* known, const CallerKeys& keys) {
  std::vector<CallerKeyPtr> carried = keys.all();
  for (CallerKeyPtr& key : carried) {
    CallerKeyPtr before = known == nullptr ? nullptr : FindSame(*known, *key);
    if (before != nullptr) key = std::move(before);
  }
  return std::make_shared<const CallerKeys>(carried, keys.as_of_ms());
}

bool SameKeys(const CallerKeys* a, const CallerKeys* b) {
  if (a == nullptr || b == nullptr) return a == b;
  const std::vector<CallerKeyPtr> keys = a->all();
  return a->size() == b->size() && std::ranges::all_of(keys, [b](const CallerKeyPtr& key) {
           return FindSame(*b, *key) != nullptr;
         });
}

}  // namespace mab::assignment
