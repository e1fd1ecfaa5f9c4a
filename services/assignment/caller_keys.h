// The API keys that may assign, expose and convert, as admin last told.
//
// Thread safety: CallerKeys is immutable once built; of a key only its use changes, atomically.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/api_key.h"

namespace mab::assignment {

struct CallerKeySettings {
  // What it asks for with AssignAll counts as shown.
  bool bulk_exposes = false;
  // Visitors can read it, in a page or an app: it is no server's.
  bool publishable = false;
  friend bool operator==(const CallerKeySettings&, const CallerKeySettings&) = default;
};

class CallerKey {
 public:
  // Its use is noted so often.
  static constexpr absl::Duration kUseInterval = absl::Minutes(1);

  CallerKey(ApiKeyId id, std::string secret_hash, absl::Time expire_time,
            CallerKeySettings settings = {})
      : id_(id),
        secret_hash_(std::move(secret_hash)),
        expire_time_(expire_time),
        settings_(settings) {}

  ApiKeyId id() const { return id_; }
  const std::string& secret_hash() const { return secret_hash_; }
  // InfiniteFuture: never.
  absl::Time expire_time() const { return expire_time_; }
  const CallerKeySettings& settings() const { return settings_; }

  bool GoodAt(absl::Time now) const { return now < expire_time_; }
  // In a call's path: two loads, once a minute two stores.
  void NoteUse(absl::Time now) const;
  // When it was last used, where that was not taken yet.
  std::optional<absl::Time> TakeUse() const;
  // What was taken was of no use: it is taken again.
  void PutUseBack() const { untold_.store(true); }

 private:
  const ApiKeyId id_;
  const std::string secret_hash_;  // 32 bytes
  const absl::Time expire_time_;
  const CallerKeySettings settings_;
  mutable std::atomic<int64_t> used_at_ms_{0};
  mutable std::atomic<bool> untold_{false};
};

using CallerKeyPtr = std::shared_ptr<const CallerKey>;

class CallerKeys {
 public:
  // `as_of_ms`: when PostgreSQL had them, by its clock; 0: that was not told.
  explicit CallerKeys(const std::vector<CallerKeyPtr>& keys, int64_t as_of_ms = 0);

  // Null where there is none. It may have expired.
  CallerKeyPtr Find(absl::string_view secret_hash) const;
  // Null where it has.
  CallerKeyPtr FindGood(absl::string_view secret_hash, absl::Time now) const;
  // In no particular order.
  std::vector<CallerKeyPtr> all() const;
  size_t size() const { return by_hash_.size(); }
  int64_t as_of_ms() const { return as_of_ms_; }

 private:
  const int64_t as_of_ms_;
  absl::flat_hash_map<std::string, CallerKeyPtr> by_hash_;
};

// `keys`, with what is noted of those that were `known` before, which may be null.
std::shared_ptr<const CallerKeys> CarryUses(const CallerKeys* known, const CallerKeys& keys);

// Whether both have the same keys, whenever that was.
bool SameKeys(const CallerKeys* a, const CallerKeys* b);

}  // namespace mab::assignment
