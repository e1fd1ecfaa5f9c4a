#include "assignment/journal_retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
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
  JournalRetention Make(absl::Duration retain, uint64_t journal_bytes_max = 0,
                        absl::Duration segment_age_max = absl::InfiniteDuration()) {
    return JournalRetention({.retain = retain,
                             .segment_age_max = segment_age_max,
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
  // A file is there a moment before the journal goes by it.
  bool HasBegun(size_t segments) const {
    return Begins().size() == segments && journal_->bytes_on_disk() == Bytes();
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

TEST_F(JournalRetentionTest, CompletesASegmentThatIsOldThoughNothingIsAppended) {
  JournalRetention retention = Make(absl::Hours(24), 0, SegmentAgeMax(absl::Hours(24)));
  clock_.Advance(absl::Hours(1));
  retention.RunOnce();  // an hour old is not older than an hour
  EXPECT_EQ(Begins().size(), 4u);
  clock_.Advance(absl::Seconds(1));
  retention.RunOnce();
  while (!HasBegun(5)) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_THAT(Begins(), ElementsAre(1, 6, 11, 16, 21));
  clock_.Advance(absl::Hours(30));
  retention.RunOnce();  // the new one is empty, and so it stays
  Append(21);
  EXPECT_THAT(Begins(), ElementsAre(21));
  EXPECT_EQ(*RemovedThrough(journal_->directory()), 20u);
  EXPECT_EQ(journal_->bytes_on_disk(), Bytes());
}

TEST_F(JournalRetentionTest, AJournalThatIsAnEmptySegmentGoesOn) {
  clock_.Advance(absl::Hours(2));
  Make(absl::Hours(24), 0, absl::Hours(1)).RunOnce();
  while (!HasBegun(5)) absl::SleepFor(absl::Milliseconds(1));
  clock_.Advance(absl::Hours(30));
  Make(absl::Hours(24)).RunOnce();
  ASSERT_THAT(Begins(), ElementsAre(21));
  journal_->Stop();
  const std::string directory = journal_->directory();
  journal_.reset();
  SegmentJournal::Options options = TestJournalOptions(directory);
  options.known.through = 20;
  const auto reopened = SegmentJournal::Open(std::move(options), [](const auto&) {
    ADD_FAILURE() << "there is a record";
    return absl::OkStatus();
  });
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  EXPECT_EQ((*reopened)->written(), 20u);
  EXPECT_EQ(*(*reopened)->Append(SampleAssignment(1)), 21u);
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
