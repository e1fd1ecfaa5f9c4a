#include "assignment/journal_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::ElementsAre;

// Segments of five records each, begun an hour apart: 1 to 5, 6 to 10, …
class JournalRetentionTest : public testing::Test {
 protected:
  JournalRetentionTest() {
    SegmentJournal::Options options = TestJournalOptions(temp_.path() + "/journal");
    options.segment_bytes_max = 420;
    options.clock = &clock_;
    journal_ = *SegmentJournal::Open(std::move(options), IgnoreEvent);
    for (int i = 0; i < 20; ++i) {
      if (i % 5 == 0) clock_.Advance(absl::Hours(1));
      Append(i);
    }
  }

  void Append(int user) {
    ASSERT_TRUE(journal_->WaitSynced(*journal_->Append(SampleAssignment(user))).ok());
  }
  JournalRetention Make(absl::Duration retain, uint64_t journal_bytes_max = 0) {
    return JournalRetention({.retain = retain,
                             .journal_bytes_max = journal_bytes_max,
                             .drained = [this] { return drained_; },
                             .covered = [this] { return covered_; },
                             .journal = journal_.get(),
                             .clock = &clock_,
                             .metrics = &metrics_});
  }
  std::vector<uint64_t> Begins() const {
    std::vector<uint64_t> first;
    for (const SegmentFile& file : SegmentsOf(journal_->directory())) {
      first.push_back(file.first_sequence);
    }
    return first;
  }
  uint64_t Bytes() const {
    uint64_t bytes = 0;
    for (const SegmentFile& file : SegmentsOf(journal_->directory())) bytes += file.bytes;
    return bytes;
  }
  double Removed(const std::string& reason) {
    return metrics_.Counter("mab_journal_segments_removed_total", "", {{"reason", reason}}).Value();
  }

  TempDirectory temp_;
  FakeClock clock_{kSampleTime};
  std::unique_ptr<SegmentJournal> journal_;
  Metrics metrics_;
  uint64_t drained_ = 20;
  uint64_t covered_ = 20;
};

TEST_F(JournalRetentionTest, RemovesSegmentsThatAreOldEnough) {
  ASSERT_THAT(Begins(), ElementsAre(1, 6, 11, 16));
  // The first was complete three hours ago, when the second was begun: to the hour is not before.
  Make(absl::Hours(2)).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(1, 6, 11, 16));
  clock_.Advance(absl::Minutes(1));
  Make(absl::Hours(2)).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(6, 11, 16));
  EXPECT_EQ(journal_->bytes_on_disk(), Bytes());
  EXPECT_EQ(Removed("age"), 1);
  Make(absl::ZeroDuration()).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(16));  // the one that is written to
  EXPECT_EQ(journal_->bytes_on_disk(), Bytes());
}

TEST_F(JournalRetentionTest, KeepsWhatPostgresOrTheCheckpointDoesNotHave) {
  clock_.Advance(absl::Hours(1000));
  drained_ = 0;
  Make(absl::ZeroDuration()).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(1, 6, 11, 16));
  drained_ = 9;
  Make(absl::ZeroDuration()).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(6, 11, 16));
  drained_ = 20;
  covered_ = 10;
  Make(absl::ZeroDuration()).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(11, 16));
}

TEST_F(JournalRetentionTest, MakesRoomBeforeTheTimeIsOver) {
  // Three quarters of the limit are a little more than two segments.
  const uint64_t limit = Bytes() * 3 / 4;
  Make(absl::Hours(1000), limit).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(11, 16));
  EXPECT_LE(journal_->bytes_on_disk(), limit / 4 * 3);
  EXPECT_EQ(Removed("room"), 2);
  // But nothing that is needed.
  covered_ = 12;
  Make(absl::Hours(1000), 100).RunOnce();
  EXPECT_THAT(Begins(), ElementsAre(11, 16));
}

TEST_F(JournalRetentionTest, WhatIsLeftIsAJournal) {
  Make(absl::ZeroDuration()).RunOnce();
  Append(21);
  journal_->Stop();
  const std::string directory = journal_->directory();
  journal_.reset();
  SegmentJournal::Options options = TestJournalOptions(directory);
  options.known.through = 20;
  std::vector<uint64_t> replayed;
  const auto reopened =
      SegmentJournal::Open(std::move(options), [&](const storage::SequencedEvent& event) {
        replayed.push_back(event.sequence);
        return absl::OkStatus();
      });
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_THAT(replayed, ElementsAre(21));
}

}  // namespace
}  // namespace mab::assignment
