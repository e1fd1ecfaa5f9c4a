#include "assignment/checkpointer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "assignment/sticky_history.h"
#include "assignment/testing/faulty_file.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() { map_.MarkComplete(); }

  Checkpointer Make(std::optional<LoadedCheckpoint> loaded = std::nullopt) {
    return Checkpointer({.path = path(),
                         .bytes_min = 1000,
                         .pressing_bytes = pressing_bytes_,
                         .loaded = std::move(loaded),
                         .drained = [] { return uint64_t{5}; },
                         .sticky_map = &map_,
                         .journal = journal_.get(),
                         .clock = &clock_,
                         .metrics = &metrics_});
  }
  std::string path() const { return temp_.path() + "/journal/checkpoint"; }
  // Users from `first` on are assigned: 81 bytes each.
  void Assign(uint64_t first, int count) {
    for (uint64_t user = first; user < first + count; ++user) {
      const auto sequence = journal_->Append(SampleAssignment(user));
      ASSERT_TRUE(sequence.ok());
      ApplyEvent(SampleAssignment(user), map_);
      ASSERT_TRUE(journal_->WaitSynced(*sequence).ok());
    }
  }
  std::optional<LoadedCheckpoint> Load(StickyMap& map) {
    const auto loaded = LoadStickyCheckpoint(path(), map);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.value_or(std::nullopt);
  }

  TempDirectory temp_;
  SystemClock clock_;
  Metrics metrics_;
  StickyMap map_;
  uint64_t pressing_bytes_ = UINT64_MAX;
  std::unique_ptr<SegmentJournal> journal_ = OpenTestJournal(temp_.path() + "/journal");
};

TEST_F(CheckpointerTest, IsDueWhereThereIsNone) {
  Checkpointer checkpointer = Make();
  checkpointer.WriteIfDue();
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(CheckpointerTest, IsDueWhenTheJournalHasGrown) {
  Checkpointer checkpointer = Make(LoadedCheckpoint{{}, 52});
  Assign(0, 12);
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 0u);
  EXPECT_FALSE(std::filesystem::exists(path()));
  Assign(12, 1);
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 13u);
  StickyMap read;
  const auto loaded = Load(read);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->cover, (CheckpointCover{journal_->id(), 13, 5}));
  EXPECT_EQ(read.size(), 13u);
}

TEST_F(CheckpointerTest, ALargeOneIsDueLater) {
  Checkpointer checkpointer = Make();
  Assign(0, 100);  // 7,552 bytes of checkpoint
  checkpointer.WriteIfDue();
  ASSERT_EQ(checkpointer.covered(), 100u);
  Assign(100, 90);
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 100u);
  Assign(190, 10);
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 200u);
}

TEST_F(CheckpointerTest, AJournalNearItsLimitDoesNotWaitForIt) {
  pressing_bytes_ = 9000;
  Checkpointer checkpointer = Make();
  Assign(0, 100);
  checkpointer.WriteIfDue();
  ASSERT_EQ(checkpointer.covered(), 100u);
  Assign(100, 13);
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 113u);
}

TEST_F(CheckpointerTest, AnErasureMakesOneDueSoon) {
  FakeClock clock(kSampleTime);
  Checkpointer checkpointer({.path = path(),
                             .bytes_min = 1000,
                             .erasure_delay = absl::Hours(1),
                             .loaded = std::nullopt,
                             .drained = [] { return uint64_t{0}; },
                             .sticky_map = &map_,
                             .journal = journal_.get(),
                             .clock = &clock,
                             .metrics = &metrics_});
  checkpointer.WriteIfDue();
  Assign(0, 1);
  ASSERT_TRUE(journal_->WaitSynced(*journal_->Append(SampleErasure(0))).ok());
  clock.Advance(absl::Minutes(59));
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 0u);
  clock.Advance(absl::Minutes(1));
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 2u);
  Assign(1, 1);  // no erasure: it waits until there is more
  clock.Advance(absl::Hours(2));
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 2u);
}

TEST_F(CheckpointerTest, AnErasureThatAStartReplaysMakesOneDue) {
  Assign(0, 1);
  ASSERT_TRUE(journal_->WaitSynced(*journal_->Append(SampleErasure(0))).ok());
  const std::string directory = journal_->directory();
  journal_ = nullptr;
  journal_ = OpenTestJournal(directory);
  EXPECT_EQ(journal_->last_erasure(), 2u);
}

TEST_F(CheckpointerTest, WaitsForACompleteMap) {
  StickyMap incomplete;
  Assign(0, 100);
  Checkpointer checkpointer({.path = path(),
                             .bytes_min = 1,
                             .loaded = std::nullopt,
                             .drained = [] { return uint64_t{0}; },
                             .sticky_map = &incomplete,
                             .journal = journal_.get(),
                             .clock = &clock_,
                             .metrics = &metrics_});
  checkpointer.WriteIfDue();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(CheckpointerTest, HasWhatIsOnTheDiskAndNothingElse) {
  FaultyDisk disk;
  SegmentJournal::Options options = TestJournalOptions(temp_.path() + "/faulty");
  options.open_file = disk.Opener();
  journal_ = *SegmentJournal::Open(options, IgnoreEvent);
  // As the hot path does it: the fact bears its record's sequence.
  const auto assign = [&](uint64_t user) {
    const uint64_t sequence = *journal_->Append(SampleAssignment(user));
    ApplyEvent(SampleAssignment(user), map_);
    map_.WithEntry({SampleExperiment(), SampleUser(user)}, [&](std::optional<StickyEntry>& entry) {
      entry->assignment_sequence = sequence;
      return true;
    });
    return sequence;
  };
  ASSERT_TRUE(journal_->WaitSynced(assign(1)).ok());
  disk.SetFull();
  EXPECT_FALSE(journal_->WaitWritten(assign(2)).ok());  // and nobody takes it back
  disk.SetRoomForAll();
  const uint64_t last_synced = assign(3);
  ASSERT_TRUE(journal_->WaitSynced(last_synced).ok());
  disk.HoldSyncs();
  ASSERT_TRUE(journal_->WaitWritten(assign(4)).ok());
  Checkpointer checkpointer = Make();
  ASSERT_TRUE(checkpointer.Write().ok());
  EXPECT_EQ(checkpointer.covered(), last_synced);
  disk.Release();
  StickyMap read;
  const auto loaded = LoadStickyCheckpoint(path(), read);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  for (const uint64_t user : {1, 2, 3, 4}) {
    EXPECT_EQ(read.Find({SampleExperiment(), SampleUser(user)}).has_value(), user % 2 == 1) << user;
  }
  journal_ = nullptr;  // before its disk
}

TEST_F(CheckpointerTest, OneThatFailsIsTriedAgainLater) {
  FakeClock clock(kSampleTime);
  Checkpointer checkpointer({.path = path(),
                             .bytes_min = 1000,
                             .loaded = std::nullopt,
                             .drained = [] { return uint64_t{0}; },
                             .sticky_map = &map_,
                             .journal = journal_.get(),
                             .clock = &clock,
                             .metrics = &metrics_});
  Assign(0, 1);
  std::filesystem::create_directories(path() + ".tmp/in the way");
  checkpointer.WriteIfDue();
  std::filesystem::remove_all(path() + ".tmp");
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 0u);
  clock.Advance(absl::Seconds(1));
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 1u);
}

TEST_F(CheckpointerTest, AFullJournalMakesAnyGrowthEnough) {
  SegmentJournal::Options options = TestJournalOptions(temp_.path() + "/short");
  options.disk_free_bytes_min = uint64_t{1} << 60;  // more than any disk has
  journal_ = OpenTestJournal(temp_.path() + "/short");
  Assign(0, 20);
  Checkpointer first = Make();
  first.WriteIfDue();
  ASSERT_EQ(first.covered(), 20u);
  Assign(20, 1);
  journal_ = nullptr;
  StickyMap replayed;
  journal_ = *SegmentJournal::Open(options, IgnoreEvent);
  ASSERT_FALSE(journal_->accepts());
  StickyMap read;
  Checkpointer next = Make(*LoadStickyCheckpoint(path(), read));
  next.WriteIfDue();
  EXPECT_EQ(next.covered(), 21u);
}

TEST_F(CheckpointerTest, CountsWhatAStartReplayed) {
  Assign(0, 13);
  const std::string directory = journal_->directory();
  journal_ = nullptr;
  ASSERT_TRUE(WriteStickyCheckpoint(
                  map_, {}, [](uint64_t) { return true; }, path())
                  .ok());
  journal_ = OpenTestJournal(directory);
  Checkpointer checkpointer = Make(LoadedCheckpoint{{}, 52});
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 13u);
}

TEST_F(CheckpointerTest, AtTheEndOneIsWrittenWhereAnythingHappened) {
  Checkpointer checkpointer = Make();
  ASSERT_TRUE(checkpointer.Write().ok());  // the first one, even of nothing
  EXPECT_TRUE(std::filesystem::exists(path()));
  std::filesystem::remove(path());
  ASSERT_TRUE(checkpointer.Write().ok());
  EXPECT_FALSE(std::filesystem::exists(path()));
  Assign(0, 1);
  ASSERT_TRUE(checkpointer.Write().ok());
  EXPECT_EQ(checkpointer.covered(), 1u);
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(CheckpointerTest, OneThatCannotBeWrittenChangesNothing) {
  Checkpointer checkpointer = Make();
  Assign(0, 20);
  std::filesystem::create_directories(path() + ".tmp/in the way");
  checkpointer.WriteIfDue();
  EXPECT_EQ(checkpointer.covered(), 0u);
  std::filesystem::remove_all(path() + ".tmp");
  ASSERT_TRUE(checkpointer.Write().ok());
  EXPECT_EQ(checkpointer.covered(), 20u);
}

TEST_F(CheckpointerTest, ACheckpointAndTheRecordsAfterItAreTheMap) {
  Checkpointer checkpointer = Make();
  Assign(0, 20);
  ASSERT_TRUE(checkpointer.Write().ok());
  Assign(20, 5);
  ASSERT_TRUE(journal_->WaitSynced(*journal_->Append(SampleConversion(3))).ok());
  ApplyEvent(SampleConversion(3), map_);
  ASSERT_TRUE(journal_->WaitSynced(*journal_->Append(SampleErasure(4))).ok());
  ApplyEvent(SampleErasure(4), map_);
  journal_->Stop();
  const std::string directory = journal_->directory();
  journal_.reset();

  StickyMap read;
  const auto loaded = Load(read);
  ASSERT_TRUE(loaded.has_value());
  SegmentJournal::Options options = TestJournalOptions(directory);
  options.known = {loaded->cover.journal_id, loaded->cover.sequence};
  const auto reopened =
      SegmentJournal::Open(std::move(options), [&](const storage::SequencedEvent& event) {
        EXPECT_GT(event.sequence, 20u);
        ApplyEvent(event.event, read);
        return absl::OkStatus();
      });
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ(read.size(), map_.size());
  map_.ForEach(
      [&](const StickyKey& key, const StickyEntry& entry) { EXPECT_EQ(read.Find(key), entry); });
}

}  // namespace
}  // namespace mab::assignment
