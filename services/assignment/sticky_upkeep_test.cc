#include "assignment/sticky_upkeep.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_history.h"
#include "assignment/testing/sample_entries.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

SnapshotExperiment InState(uint8_t number, ExperimentState state) {
  SnapshotExperiment experiment = SampleExperiment(number);
  experiment.state = state;
  if (state == ExperimentState::kCompleted) experiment.end_time = SampleTime();
  return experiment;
}

TEST(KeepsOfTest, AnEndedExperimentKeepsWhatIsStillAskedFor) {
  const auto snapshot = SampleSnapshot(
      {InState(1, ExperimentState::kRunning), InState(2, ExperimentState::kPaused),
       InState(3, ExperimentState::kCompleted), InState(4, ExperimentState::kArchived)});
  const absl::Time closed = SampleTime() + absl::Hours(1);  // its conversion window
  const StickyKeeps archived = {{SampleExperimentId(4), StickyKeep::kNothing}};
  EXPECT_EQ(KeepsOf(*snapshot, closed + absl::Hours(1)), archived);
  StickyKeeps both = archived;
  both[SampleExperimentId(3)] = StickyKeep::kConverted;
  EXPECT_EQ(KeepsOf(*snapshot, closed + absl::Hours(1) + absl::Microseconds(1)), both);
}

class StickyUpkeepTest : public testing::Test {
 protected:
  StickyUpkeepTest() { map_.MarkComplete(); }

  std::string path() const { return temp_.path() + "/journal/checkpoint"; }
  void Use(std::vector<SnapshotExperiment> experiments) {
    snapshots_.Set(SampleSnapshot(experiments));
  }
  // A user of experiment `experiment`, recorded as the hot path does it.
  StickyKey Assign(uint8_t experiment, uint32_t user, bool converted = false) {
    StickyKey key = KeyNumber(user);
    key.experiment = SampleExperimentId(experiment);
    StickyEntry entry = SampleEntry();
    entry.assignment_sequence = *journal_->Append(SampleAssignment(user));
    if (converted) {
      entry.converted_at = SampleTime();
      entry.conversion_sequence = *journal_->Append(SampleConversion(user));
    }
    Put(map_, key, entry);
    return key;
  }
  uint64_t SequenceOf(const StickyKey& key) const { return map_.Find(key)->assignment_sequence; }
  // Until all that was appended is on the disk and settled.
  void SettleAll() {
    while (journal_->synced() < journal_->last_appended()) upkeep_.RunOnce();
    upkeep_.RunOnce();
  }
  double Gauge(const std::string& name) { return metrics_.Gauge(name, "").Value(); }

  TempDirectory temp_;
  FakeClock clock_{SampleTime() + absl::Hours(3)};
  Metrics metrics_;
  StickyMap map_;
  SnapshotHolder snapshots_;
  std::unique_ptr<SegmentJournal> journal_ = OpenTestJournal(temp_.path() + "/journal");
  Checkpointer checkpointer_{{.path = path(),
                              .bytes_min = 1 << 20,
                              .erasure_delay = absl::Hours(1),
                              .loaded = std::nullopt,
                              .drained = [] { return uint64_t{0}; },
                              .sticky_map = &map_,
                              .journal = journal_.get(),
                              .clock = &clock_,
                              .metrics = &metrics_}};
  StickyUpkeep upkeep_{{.sticky_map = &map_,
                        .journal = journal_.get(),
                        .checkpointer = &checkpointer_,
                        .snapshots = &snapshots_,
                        .clock = &clock_,
                        .metrics = &metrics_}};
};

TEST_F(StickyUpkeepTest, SettlesThoughNobodyElseWaitsForTheDisk) {
  const StickyKey key = Assign(1, 1);
  EXPECT_GT(SequenceOf(key), 0u);
  SettleAll();
  EXPECT_EQ(SequenceOf(key), 0u);
  EXPECT_EQ(Gauge("mab_sticky_entries"), 1);
  EXPECT_EQ(Gauge("mab_sticky_bytes"), static_cast<double>(map_.memory_bytes()));
}

TEST_F(StickyUpkeepTest, ACheckpointIsExactWhileWhatComesIsSettled) {
  std::atomic<bool> ended = false;
  std::thread visitors([&] {
    for (uint32_t user = 0; !ended; ++user) {
      Assign(1, user);  // record user + 1
      if (user % 64 == 0) upkeep_.RunOnce();
    }
  });
  for (int round = 0; round < 20; ++round) {
    const uint64_t wanted = checkpointer_.covered() + 300;
    while (journal_->synced() < wanted) absl::SleepFor(absl::Milliseconds(1));
    ASSERT_TRUE(checkpointer_.Write().ok());
    StickyMap read;
    ASSERT_TRUE(LoadStickyCheckpoint(path(), read).ok());
    EXPECT_EQ(read.size(), checkpointer_.covered());
  }
  ended = true;
  visitors.join();
}

TEST_F(StickyUpkeepTest, AnArchivedExperimentFreesAllAndACompletedOneWhoDidNotConvert) {
  const StickyKey running = Assign(1, 1);
  const StickyKey converted = Assign(2, 2, /*converted=*/true);
  const StickyKey shown = Assign(2, 3);
  const StickyKey archived = Assign(3, 4, /*converted=*/true);
  const StickyKey unknown = Assign(4, 5);
  SettleAll();
  const StickyKey recent = Assign(3, 6);
  Use({InState(1, ExperimentState::kRunning), InState(2, ExperimentState::kCompleted),
       InState(3, ExperimentState::kArchived)});
  SettleAll();
  EXPECT_TRUE(map_.Find(running).has_value());
  EXPECT_TRUE(map_.Find(converted).has_value());
  EXPECT_FALSE(map_.Find(shown).has_value());
  EXPECT_FALSE(map_.Find(archived).has_value());
  EXPECT_FALSE(map_.Find(recent).has_value());
  EXPECT_TRUE(map_.Find(unknown).has_value());
  EXPECT_EQ(map_.size(), 3u);
  EXPECT_EQ(metrics_.Counter("mab_sticky_entries_removed_total", "").Value(), 3);
}

TEST_F(StickyUpkeepTest, WhatWasFreedIsFreedAgainWhereItComesBack) {
  Use({InState(3, ExperimentState::kArchived)});
  upkeep_.RunOnce();
  StickyKey key = KeyNumber(1);
  key.experiment = SampleExperimentId(3);
  Put(map_, key, SampleEntry());  // as a replay, or the tables, say
  EXPECT_EQ(map_.size(), 0u);
  const StickyKey late = Assign(3, 2);  // a call that began before
  SettleAll();
  EXPECT_FALSE(map_.Find(late).has_value());
}

TEST_F(StickyUpkeepTest, TheCheckpointThatHasThemIsReplaced) {
  Assign(1, 1);
  const StickyKey archived = Assign(3, 2);
  SettleAll();
  checkpointer_.WriteIfDue();
  Use({InState(3, ExperimentState::kArchived)});
  upkeep_.RunOnce();
  checkpointer_.WriteIfDue();  // too soon
  StickyMap before;
  ASSERT_TRUE(LoadStickyCheckpoint(path(), before).ok());
  EXPECT_TRUE(before.Find(archived).has_value());
  clock_.Advance(absl::Hours(1));
  checkpointer_.WriteIfDue();
  StickyMap after;
  ASSERT_TRUE(LoadStickyCheckpoint(path(), after).ok());
  EXPECT_FALSE(after.Find(archived).has_value());
  EXPECT_EQ(after.size(), 1u);
}

TEST_F(StickyUpkeepTest, WhatIsFreedGivesItsMemoryBack) {
  const size_t empty = map_.memory_bytes();
  for (uint32_t i = 0; i < 200000; ++i) {
    StickyKey key = KeyNumber(i);
    key.experiment = SampleExperimentId(3);
    StickyEntry entry = SampleEntry();
    entry.version = i;  // a draw of its own
    Put(map_, key, entry);
  }
  EXPECT_GT(map_.memory_bytes() - empty, 200000 * (32 + 18));
  Use({InState(3, ExperimentState::kArchived)});
  upkeep_.RunOnce();
  EXPECT_EQ(map_.size(), 0u);
  EXPECT_EQ(map_.memory_bytes(), empty);
}

}  // namespace
}  // namespace mab::assignment
