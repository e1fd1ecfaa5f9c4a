// The sticky map against the simplest thing that does the same: whatever is done to both, in
// whatever order, they hold the same.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_map.h"
#include "assignment/testing/sample_entries.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

constexpr uint64_t kUsers = 1500;
constexpr uint8_t kExperiments = 4;
constexpr int kSteps = 60000;

struct Order {
  bool operator()(const StickyKey& one, const StickyKey& other) const {
    return std::tie(one.experiment, one.user) < std::tie(other.experiment, other.user);
  }
};

struct Modelled {
  StickyEntry entry;
  bool settled = false;
};

class StickyMapModelTest : public testing::TestWithParam<uint64_t> {
 protected:
  uint64_t Below(uint64_t end) { return random_() % end; }
  bool Written(uint64_t sequence) const { return failed_.count(sequence) == 0; }

  // All in three shards, so that their tables grow.
  StickyKey AnyKey() {
    const uint64_t number = Below(kUsers);
    StickyKey key{SampleExperimentId(static_cast<uint8_t>(1 + Below(kExperiments))), {}};
    key.user.bytes = {static_cast<uint8_t>(number % 3), 0, static_cast<uint8_t>(number),
                      static_cast<uint8_t>(number >> 8)};
    return key;
  }
  // Mostly soon after `time`; also long after, before, and between two microseconds.
  absl::Time After(absl::Time time) {
    switch (Below(12)) {
      case 0:
        return time + absl::Hours(24) * 60;
      case 1:
        return time - absl::Seconds(3);
      case 2:
        return Below(8) == 0 ? time + absl::Nanoseconds(1) : time;
      default:
        return time + absl::Microseconds(Below(3) == 0 ? 0 : Below(1000000));
    }
  }
  bool Keeps(const StickyKey& key, const StickyEntry& entry) const {
    const auto it = keeps_.find(key.experiment);
    return it == keeps_.end() ||
           (it->second == StickyKeep::kConverted && entry.converted_at.has_value());
  }

  void Store(const StickyKey& key, const std::optional<StickyEntry>& entry) {
    map_.WithEntry(key, [&](std::optional<StickyEntry>& there) {
      there = entry;
      return true;
    });
    const auto before = model_.find(key);
    if (!entry.has_value()) {
      model_.erase(key);
    } else if (before == model_.end() || before->second.entry != *entry) {
      const bool settled = SettledEntries::Fits(*entry);
      if (settled && !Keeps(key, *entry)) {
        model_.erase(key);
      } else {
        model_[key] = {*entry, settled};
      }
    }
  }

  // A new fact of a user; of sequence 0 where it comes from an earlier run.
  void AddFact(bool recorded) {
    const StickyKey key = AnyKey();
    const auto it = model_.find(key);
    std::optional<StickyEntry> entry;
    const uint64_t sequence = recorded ? ++sequence_ : 0;
    if (it == model_.end()) {
      entry = SampleEntry();
      entry->version = 1 + Below(50);
      entry->variant_index = static_cast<uint16_t>(Below(3));
      entry->assigned_at = SampleTime() + absl::Microseconds(Below(1000000));
      entry->assignment_sequence = sequence;
    } else {
      entry = it->second.entry;
      if (entry->erasure_sequence != 0) return;
    }
    if (!entry->exposed_at.has_value() && Below(2) == 0) {
      entry->exposed_at = After(entry->assigned_at);
      entry->exposure_sequence = sequence;
    } else if (it != model_.end() && !entry->converted_at.has_value()) {
      entry->converted_at = After(entry->assigned_at);
      entry->credited = Below(2) == 0;
      entry->conversion_sequence = sequence;
    }
    Store(key, entry);
    if (recorded && Below(10) == 0) failing_.push_back({key, sequence});
  }

  void TakeBackOne() {
    if (failing_.empty()) return;
    const auto [key, sequence] = failing_.back();
    failing_.pop_back();
    if (settled_through_ >= sequence) return;  // it was written
    failed_.insert(sequence);
    map_.TakeBack(key, sequence);
    const auto it = model_.find(key);
    if (it == model_.end()) return;
    StickyEntry entry = it->second.entry;
    if (entry.assignment_sequence == sequence) {
      model_.erase(it);
      return;
    }
    if (entry.exposure_sequence == sequence) {
      entry.exposed_at.reset();
      entry.exposure_sequence = 0;
    }
    if (entry.conversion_sequence == sequence) {
      entry.converted_at.reset();
      entry.credited = false;
      entry.conversion_sequence = 0;
    }
    if (entry != it->second.entry) it->second = {entry, SettledEntries::Fits(entry)};
    if (it->second.settled && !Keeps(key, entry)) model_.erase(it);
  }

  void BeginErasure() {
    const bandit::UserHash user = AnyKey().user;
    const uint64_t sequence = ++sequence_;
    const auto begun = map_.BeginErasure(user, [&] { return sequence; });
    size_t entries = 0;
    bool erasing = false;
    for (auto& [key, modelled] : model_) {
      if (key.user != user) continue;
      erasing = erasing || modelled.entry.erasure_sequence != 0;
      ++entries;
    }
    ASSERT_EQ(begun.ok(), !erasing);
    if (erasing) return;
    EXPECT_EQ(begun->entries, entries);
    for (auto& [key, modelled] : model_) {
      if (key.user != user) continue;
      modelled.entry.erasure_sequence = sequence;
      modelled.settled = false;
    }
    erasures_.push_back({user, sequence});
  }

  void EndErasure() {
    if (erasures_.empty()) return;
    const auto [user, sequence] = erasures_.back();
    erasures_.pop_back();
    const uint64_t kind = Below(3);
    if (kind == 0) map_.CancelErasure(user, sequence);
    if (kind == 1) map_.RemoveUser(user, sequence);
    if (kind == 2) map_.RemoveUser(user, StickyMap::kEverything);
    for (auto it = model_.begin(); it != model_.end();) {
      StickyEntry& entry = it->second.entry;
      const bool of_user = it->first.user == user;
      const bool marked = of_user && entry.erasure_sequence == sequence;
      if (kind == 0 && marked) entry.erasure_sequence = 0;
      const bool removed = (kind == 1 && marked) || (kind == 2 && of_user);
      it = removed ? model_.erase(it) : std::next(it);
    }
  }

  void Settle() {
    settled_through_ = std::max(settled_through_, sequence_ - std::min(sequence_, Below(50)));
    map_.Settle(settled_through_, [&](uint64_t sequence) { return Written(sequence); });
    const auto holds = [&](uint64_t sequence) {
      return sequence == 0 || (sequence <= settled_through_ && Written(sequence));
    };
    for (auto it = model_.begin(); it != model_.end();) {
      Modelled& modelled = it->second;
      StickyEntry entry = modelled.entry;
      if (modelled.settled || entry.erasure_sequence != 0 || !holds(entry.assignment_sequence) ||
          !holds(entry.exposure_sequence) || !holds(entry.conversion_sequence)) {
        ++it;
        continue;
      }
      if (!Keeps(it->first, entry)) {
        it = model_.erase(it);
        continue;
      }
      entry.assignment_sequence = entry.exposure_sequence = entry.conversion_sequence = 0;
      if (SettledEntries::Fits(entry)) modelled = {entry, true};
      ++it;
    }
  }

  void SetKeeps() {
    keeps_.clear();
    for (uint8_t i = 1; i <= kExperiments; ++i) {
      const uint64_t kind = Below(8);
      if (kind == 0) keeps_[SampleExperimentId(i)] = StickyKeep::kNothing;
      if (kind == 1) keeps_[SampleExperimentId(i)] = StickyKeep::kConverted;
    }
    map_.SetKeeps(keeps_);
    for (auto it = model_.begin(); it != model_.end();) {
      const bool removed = it->second.settled && !Keeps(it->first, it->second.entry);
      it = removed ? model_.erase(it) : std::next(it);
    }
  }

  // Has what both have; and the checkpoint of a record has what was written up to it.
  void Compare() {
    ASSERT_EQ(map_.size(), model_.size());
    size_t visited = 0;
    map_.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
      ++visited;
      const auto it = model_.find(key);
      ASSERT_TRUE(it != model_.end());
      ASSERT_EQ(entry, it->second.entry);
    });
    ASSERT_EQ(visited, model_.size());
    for (const auto& [key, modelled] : model_) ASSERT_EQ(map_.Find(key), modelled.entry);

    const uint64_t cover = settled_through_ + Below(sequence_ - settled_through_ + 1);
    ASSERT_TRUE(WriteStickyCheckpoint(
                    map_, {{}, cover, 0}, [&](uint64_t sequence) { return Written(sequence); },
                    directory_.path() + "/checkpoint")
                    .ok());
    StickyMap read;
    ASSERT_TRUE(LoadStickyCheckpoint(directory_.path() + "/checkpoint", read).ok());
    const auto holds = [&](uint64_t sequence) { return sequence <= cover && Written(sequence); };
    size_t covered = 0;
    for (const auto& [key, modelled] : model_) {
      StickyEntry entry = modelled.entry;
      if (!holds(entry.assignment_sequence)) continue;
      if (entry.erasure_sequence != 0 && holds(entry.erasure_sequence)) continue;
      ++covered;
      if (!holds(entry.exposure_sequence)) entry.exposed_at.reset();
      if (!holds(entry.conversion_sequence)) entry.converted_at.reset();
      if (!entry.converted_at.has_value()) entry.credited = false;
      const std::optional<StickyEntry> found = read.Find(key);
      ASSERT_TRUE(found.has_value());
      ASSERT_EQ(found->exposed_at.has_value(), entry.exposed_at.has_value());
      ASSERT_EQ(found->converted_at.has_value(), entry.converted_at.has_value());
      ASSERT_EQ(found->credited, entry.credited);
      ASSERT_EQ(found->version, entry.version);
      ASSERT_EQ(found->variant_index, entry.variant_index);
    }
    ASSERT_EQ(read.size(), covered);
  }

  void Step() {
    const uint64_t kind = Below(1000);
    if (kind < 700) return AddFact(/*recorded=*/true);
    if (kind < 850) return AddFact(/*recorded=*/false);
    if (kind < 900) return TakeBackOne();
    if (kind < 930) return BeginErasure();
    if (kind < 960) return EndErasure();
    if (kind < 995) return Settle();
    if (kind < 998) return Store(AnyKey(), std::nullopt);
    if (Below(100) == 0) SetKeeps();
  }

  std::mt19937_64 random_{GetParam()};
  TempDirectory directory_;
  StickyMap map_;
  std::map<StickyKey, Modelled, Order> model_;
  StickyKeeps keeps_;
  uint64_t sequence_ = 0;
  uint64_t settled_through_ = 0;
  std::set<uint64_t> failed_;
  std::vector<std::pair<StickyKey, uint64_t>> failing_;
  std::vector<std::pair<bandit::UserHash, uint64_t>> erasures_;
};

TEST_P(StickyMapModelTest, HoldsWhatTheModelHolds) {
  for (int step = 0; step < kSteps && !HasFatalFailure(); ++step) {
    Step();
    if (step % 5000 == 4999) Compare();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StickyMapModelTest, testing::Values(1, 2, 3));

}  // namespace
}  // namespace mab::assignment
