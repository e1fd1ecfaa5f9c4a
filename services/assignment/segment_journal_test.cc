#include "assignment/segment_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "common/error.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SegmentJournalTest : public ::testing::Test {
 protected:
  uint64_t Append(SegmentJournal& journal, const storage::Event& event) {
    const absl::StatusOr<uint64_t> sequence = journal.Append(event);
    EXPECT_TRUE(sequence.ok()) << sequence.status();
    return sequence.value_or(0);
  }

  TempDirectory temp_;
  const std::string directory_ = temp_.path() + "/journal";
};

TEST_F(SegmentJournalTest, ReplaysWhatWasAppendedInItsOrder) {
  Uuid id;
  {
    auto journal = OpenTestJournal(directory_);
    id = journal->id();
    EXPECT_FALSE(id.IsNil());
    uint64_t last = 0;
    for (const storage::Event& event : SampleOfEach()) last = Append(*journal, event);
    EXPECT_EQ(last, 6u);
    EXPECT_TRUE(journal->WaitSynced(last).ok());
  }
  const auto events = EventsOf(directory_);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_THAT(SequencesOf(*events), ElementsAre(1, 2, 3, 4, 5, 6));
  for (size_t i = 0; i < events->size(); ++i) EXPECT_EQ((*events)[i].event.index(), i);
  EXPECT_EQ(OpenTestJournal(directory_)->id(), id);
}

TEST_F(SegmentJournalTest, GoesOnWithTheNextSequenceAfterARestart) {
  { Append(*OpenTestJournal(directory_), SampleCount()); }
  { EXPECT_EQ(Append(*OpenTestJournal(directory_), SampleCount()), 2u); }
  EXPECT_THAT(SequencesOf(*EventsOf(directory_)), ElementsAre(1, 2));
}

TEST_F(SegmentJournalTest, StopWritesAndSyncsWhatIsQueued) {
  auto journal = OpenTestJournal(directory_);
  uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) last = Append(*journal, SampleAssignment(i));
  journal->Stop();
  EXPECT_EQ(journal->written(), last);
  EXPECT_EQ(journal->synced(), last);
  EXPECT_TRUE(journal->WaitSynced(last).ok());
  journal->Stop();  // again: nothing happens
  const absl::Status refused = journal->Append(SampleCount()).status();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_EQ(ErrorReason(refused), kReasonUnavailable);
}

TEST_F(SegmentJournalTest, SequenceZeroIsAlwaysDone) {
  auto journal = OpenTestJournal(directory_);
  EXPECT_TRUE(journal->WaitWritten(0).ok());
  EXPECT_TRUE(journal->WaitSynced(0).ok());
}

TEST_F(SegmentJournalTest, RefusesToWaitForWhatWasNeverAppended) {
  auto journal = OpenTestJournal(directory_);
  EXPECT_TRUE(absl::IsInternal(journal->WaitWritten(7)));
  EXPECT_TRUE(absl::IsInternal(journal->WaitSynced(7)));
}

TEST_F(SegmentJournalTest, CallsBackAtOnceWhenTheOutcomeIsKnown) {
  auto journal = OpenTestJournal(directory_);
  const uint64_t sequence = Append(*journal, SampleCount());
  ASSERT_TRUE(journal->WaitSynced(sequence).ok());
  bool written = false;
  bool synced = false;
  journal->WhenWritten(sequence, [&](absl::Status status) { written = status.ok(); });
  journal->WhenSynced(sequence, [&](absl::Status status) { synced = status.ok(); });
  EXPECT_TRUE(written);
  EXPECT_TRUE(synced);
}

TEST_F(SegmentJournalTest, ACallbackMayAppend) {
  auto journal = OpenTestJournal(directory_);
  std::atomic<uint64_t> second{0};
  journal->WhenWritten(Append(*journal, SampleCount()),
                       [&](absl::Status) { second = journal->Append(SampleCount()).value_or(0); });
  journal->Stop();
  // Stop may have come first; then the second append was refused.
  EXPECT_TRUE(second == 2 || second == 0);
}

TEST_F(SegmentJournalTest, KeepsEveryRecordOfManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kEach = 500;
  std::atomic<int> acknowledged{0};
  {
    auto journal = OpenTestJournal(directory_);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const uint64_t sequence = *journal->Append(SampleAssignment(t * kEach + i));
          const absl::Status status =
              i % 50 == 0 ? journal->WaitSynced(sequence) : journal->WaitWritten(sequence);
          if (status.ok()) ++acknowledged;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(journal->last_appended(), static_cast<uint64_t>(kThreads * kEach));
  }
  EXPECT_EQ(acknowledged, kThreads * kEach);
  EXPECT_EQ(EventsOf(directory_)->size(), static_cast<size_t>(kThreads * kEach));
}

TEST_F(SegmentJournalTest, TwoCanNotOpenOneJournal) {
  auto journal = OpenTestJournal(directory_);
  const absl::Status second =
      SegmentJournal::Open(TestJournalOptions(directory_), IgnoreEvent).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr(directory_));
  EXPECT_THAT(std::string(second.message()), HasSubstr("another process"));
}

TEST_F(SegmentJournalTest, BeginsANewSegmentWhenOneIsFull) {
  auto options = TestJournalOptions(directory_);
  options.segment_bytes_max = 1000;
  {
    auto journal = *SegmentJournal::Open(options, IgnoreEvent);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(journal->WaitWritten(Append(*journal, SampleAssignment(i))).ok());
    }
    uint64_t bytes = 0;
    for (const SegmentFile& segment : SegmentsOf(directory_)) bytes += segment.bytes;
    EXPECT_EQ(journal->bytes_on_disk(), bytes);
  }
  const std::vector<SegmentFile> segments = SegmentsOf(directory_);
  EXPECT_GT(segments.size(), 5u);
  for (const SegmentFile& segment : segments) EXPECT_LE(segment.bytes, 1100u);
  EXPECT_EQ(EventsOf(directory_)->size(), 100u);
}

TEST_F(SegmentJournalTest, ReplaysOnlyWhatTheCallerDoesNotKnow) {
  auto options = TestJournalOptions(directory_);
  options.segment_bytes_max = 500;
  {
    auto journal = *SegmentJournal::Open(options, IgnoreEvent);
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(journal->WaitWritten(Append(*journal, SampleAssignment(i))).ok());
    }
  }
  std::vector<uint64_t> replayed;
  options.known.through = 27;
  auto journal = SegmentJournal::Open(options, [&](const storage::SequencedEvent& event) {
    replayed.push_back(event.sequence);
    return absl::OkStatus();
  });
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_THAT(replayed, ElementsAre(28, 29, 30));
}

TEST_F(SegmentJournalTest, ARefusedReplayRefusesTheJournal) {
  { Append(*OpenTestJournal(directory_), SampleCount()); }
  const absl::Status status =
      SegmentJournal::Open(TestJournalOptions(directory_), [](const storage::SequencedEvent&) {
        return absl::InternalError("no");
      }).status();
  EXPECT_TRUE(absl::IsInternal(status));
}

TEST_F(SegmentJournalTest, RefusesAnEventPastALimitAndTakesTheNext) {
  auto journal = OpenTestJournal(directory_);
  storage::ConversionEvent event = SampleConversion(1);
  event.event_id = std::string(129, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(journal->Append(event).status()));
  EXPECT_EQ(Append(*journal, SampleCount()), 1u);
}

TEST_F(SegmentJournalTest, NamesEveryOptionThatIsWrong) {
  const absl::Status status = SegmentJournal::Open({}, IgnoreEvent).status();
  EXPECT_EQ(ErrorViolations(status).size(), 3u);
}

TEST_F(SegmentJournalTest, KeepsTheDatabaseThatItBelongsTo) {
  Uuid database;
  database.bytes[0] = 1;
  Uuid other;
  other.bytes[0] = 2;
  {
    auto journal = OpenTestJournal(directory_);
    EXPECT_TRUE(journal->database_id().IsNil());
    EXPECT_TRUE(journal->SetDatabaseId(database).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(journal->SetDatabaseId(other)));
    ASSERT_TRUE(journal->WaitWritten(Append(*journal, SampleCount())).ok());
    // The first segment was begun again, and is one.
    ASSERT_EQ(SegmentsOf(directory_).size(), 1u);
    EXPECT_EQ(journal->bytes_on_disk(), SegmentsOf(directory_)[0].bytes);
  }
  EXPECT_EQ(OpenTestJournal(directory_)->database_id(), database);
  auto options = TestJournalOptions(directory_);
  options.database_id = other;
  EXPECT_TRUE(absl::IsFailedPrecondition(SegmentJournal::Open(options, IgnoreEvent).status()));
}

TEST_F(SegmentJournalTest, ADirectoryIsForItsOwnerAlone) {
  auto journal = OpenTestJournal(directory_);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(directory_).permissions(), perms::owner_all);
  for (const SegmentFile& segment : SegmentsOf(directory_)) {
    EXPECT_EQ(std::filesystem::status(segment.path).permissions(),
              perms::owner_read | perms::owner_write);
  }
}

}  // namespace
}  // namespace mab::assignment
