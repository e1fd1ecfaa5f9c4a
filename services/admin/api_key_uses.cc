#include "admin/api_key_uses.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/log.h"
#include "storage/api_key_store.h"

namespace mab::admin {
namespace {

// After a write that failed.
constexpr absl::Duration kRetryAfter = absl::Seconds(5);

}  // namespace

void ApiKeyUses::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void ApiKeyUses::Stop() {
  pause_.End();
  if (thread_.joinable()) thread_.join();
}

void ApiKeyUses::Note(ApiKeyId id) {
  const absl::Time now = clock_->Now();
  {
    const absl::MutexLock lock(&mutex_);
    const auto [noted, is_new] = noted_.try_emplace(id, now);
    // A clock that was set back does not keep a key from being noted.
    if (!is_new && noted->second <= now && now - noted->second < kInterval) return;
    noted->second = now;
    unwritten_[id] = now;
  }
  pause_.Wake();
}

absl::Status ApiKeyUses::RunOnce() {
  absl::btree_map<ApiKeyId, absl::Time> uses;
  {
    const absl::MutexLock lock(&mutex_);
    uses.swap(unwritten_);
    const absl::Time now = clock_->Now();
    for (auto it = noted_.begin(); it != noted_.end();) {
      it = now - it->second < kInterval ? std::next(it) : noted_.erase(it);
    }
  }
  if (uses.empty()) return absl::OkStatus();
  const absl::Status written = pool_->Transaction(
      [&](PgConnection& db) { return storage::ApiKeyStore::RecordUses(db, uses); });
  if (!written.ok()) {
    const absl::MutexLock lock(&mutex_);
    // What was noted meanwhile is later.
    unwritten_.insert(uses.begin(), uses.end());
  }
  return written;
}

void ApiKeyUses::Loop() {
  absl::Duration pause = kInterval;
  while (!pause_.For(pause)) {
    const absl::Status status = RunOnce();
    if (!status.ok()) {
      MAB_LOG(kWarning, "the last use of API keys can't be written now", {{"error", status}});
    }
    pause = status.ok() ? kInterval : kRetryAfter;
  }
}

}  // namespace mab::admin
