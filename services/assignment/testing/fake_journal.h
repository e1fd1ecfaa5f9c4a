// A journal in memory whose disk does what a test says.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "assignment/journal.h"
#include "common/error.h"
#include "storage/event.h"

namespace mab::assignment {

// Writes and syncs at once, until a test holds it. Thread-safe.
class FakeJournal final : public Journal {
 public:
  absl::StatusOr<uint64_t> Append(const storage::Event& event, uint64_t after = 0) override {
    absl::MutexLock lock(&mutex_);
    if (full_ || failed_.contains(after)) return FullError();
    const uint64_t sequence = ++last_;
    appended_.push_back({sequence, event});
    after_.push_back(after);
    if (!hold_writes_) written_ = last_;
    if (!hold_writes_ && !hold_syncs_) synced_ = last_;
    return sequence;
  }
  void WhenWritten(uint64_t sequence, Callback done) override {
    Wait({sequence, /*synced=*/false, std::move(done)});
  }
  void WhenSynced(uint64_t sequence, Callback done) override {
    Wait({sequence, /*synced=*/true, std::move(done)});
  }

  // What is appended stays unwritten (unsynced) until the test says otherwise.
  void HoldWrites() {
    absl::MutexLock lock(&mutex_);
    hold_writes_ = true;
  }
  void HoldSyncs() {
    absl::MutexLock lock(&mutex_);
    hold_syncs_ = true;
  }
  void Write() {
    {
      absl::MutexLock lock(&mutex_);
      written_ = last_;
    }
    Answer();
  }
  void Sync() {
    {
      absl::MutexLock lock(&mutex_);
      written_ = last_;
      synced_ = last_;
    }
    Answer();
  }
  // Everything that is not written yet fails with JOURNAL_FULL; what comes later is taken again.
  void FailUnwritten() {
    {
      absl::MutexLock lock(&mutex_);
      for (uint64_t sequence = written_ + 1; sequence <= last_; ++sequence)
        failed_.insert(sequence);
      written_ = last_;
      synced_ = last_;
    }
    Answer();
  }
  // Appends are refused.
  void SetFull(bool full) {
    absl::MutexLock lock(&mutex_);
    full_ = full;
  }

  // All that was ever appended, failed records included.
  std::vector<storage::SequencedEvent> appended() const {
    absl::MutexLock lock(&mutex_);
    return appended_;
  }
  // What record number `index` of them builds on.
  uint64_t after(size_t index) const {
    absl::MutexLock lock(&mutex_);
    return after_.at(index);
  }
  // The records that are in the journal.
  std::vector<storage::SequencedEvent> written() const {
    absl::MutexLock lock(&mutex_);
    std::vector<storage::SequencedEvent> records;
    for (const storage::SequencedEvent& record : appended_) {
      if (record.sequence <= written_ && !failed_.contains(record.sequence)) {
        records.push_back(record);
      }
    }
    return records;
  }
  template <typename T>
  std::vector<T> appended_of() const {
    std::vector<T> events;
    for (const storage::SequencedEvent& record : appended()) {
      if (const T* event = std::get_if<T>(&record.event)) events.push_back(*event);
    }
    return events;
  }
  void AwaitWaiters(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return waiters_.size() >= count;
    };
    mutex_.Await(absl::Condition(&enough));
  }

 private:
  struct Waiter {
    uint64_t sequence;
    bool synced;
    Callback done;
  };

  static absl::Status FullError() {
    return UnavailableError(kReasonJournalFull, "the journal is full");
  }
  bool Known(const Waiter& waiter) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiter.sequence <= (waiter.synced ? synced_ : written_) ||
           failed_.contains(waiter.sequence);
  }
  absl::Status Outcome(uint64_t sequence) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return failed_.contains(sequence) ? FullError() : absl::OkStatus();
  }
  void Wait(Waiter waiter) {
    absl::Status outcome;
    {
      absl::MutexLock lock(&mutex_);
      if (!Known(waiter)) {
        waiters_.push_back(std::move(waiter));
        return;
      }
      outcome = Outcome(waiter.sequence);
    }
    waiter.done(outcome);
  }
  void Answer() {
    std::vector<std::pair<Waiter, absl::Status>> known;
    {
      absl::MutexLock lock(&mutex_);
      std::vector<Waiter> waiting;
      for (Waiter& waiter : waiters_) {
        if (Known(waiter)) {
          absl::Status outcome = Outcome(waiter.sequence);
          known.emplace_back(std::move(waiter), std::move(outcome));
        } else {
          waiting.push_back(std::move(waiter));
        }
      }
      waiters_ = std::move(waiting);
    }
    for (auto& [waiter, outcome] : known) waiter.done(outcome);
  }

  mutable absl::Mutex mutex_;
  bool hold_writes_ ABSL_GUARDED_BY(mutex_) = false;
  bool hold_syncs_ ABSL_GUARDED_BY(mutex_) = false;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t synced_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<uint64_t> failed_ ABSL_GUARDED_BY(mutex_);
  std::vector<storage::SequencedEvent> appended_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> after_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mab::assignment
