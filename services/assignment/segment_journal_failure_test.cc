// A full disk, a broken disk, a slow disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "assignment/segment_journal.h"
#include "assignment/testing/faulty_file.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "common/error.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::ElementsAre;

bool IsFull(const absl::Status& status) {
  return absl::IsUnavailable(status) && ErrorReason(status) == kReasonJournalFull &&
         ErrorRetryAfter(status).has_value();
}

class SegmentJournalFailureTest : public ::testing::Test {
 protected:
  SegmentJournal::Options Options() {
    auto options = TestJournalOptions(temp_.path());
    options.open_file = disk_.Opener();
    return options;
  }
  std::unique_ptr<SegmentJournal> Open(const SegmentJournal::Options& options) {
    auto journal = SegmentJournal::Open(options, IgnoreEvent);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return *std::move(journal);
  }

  TempDirectory temp_;
  FaultyDisk disk_;
};

TEST_F(SegmentJournalFailureTest, AFullDiskFailsWhatIsNotWrittenAndKeepsTheRest) {
  {
    auto journal = Open(Options());
    const uint64_t kept = *journal->Append(SampleAssignment(1));
    ASSERT_TRUE(journal->WaitWritten(kept).ok());
    disk_.SetRoom(10);  // part of a record gets to the file, and is taken back
    const uint64_t refused = *journal->Append(SampleAssignment(2));
    EXPECT_TRUE(IsFull(journal->WaitWritten(refused)));
    EXPECT_TRUE(IsFull(journal->WaitSynced(refused)));
    EXPECT_TRUE(journal->WaitSynced(kept).ok());
    disk_.SetRoomForAll();
    const uint64_t later = *journal->Append(SampleAssignment(3));
    EXPECT_GT(later, refused);
    EXPECT_TRUE(journal->WaitSynced(later).ok());
    EXPECT_TRUE(IsFull(journal->WaitWritten(refused)));  // still, after a later success
    EXPECT_TRUE(journal->WaitWritten(kept).ok());
    EXPECT_EQ(journal->bytes_on_disk(), SegmentsOf(temp_.path())[0].bytes);
  }
  EXPECT_THAT(SequencesOf(*EventsOf(temp_.path())), ElementsAre(1, 3));
}

TEST_F(SegmentJournalFailureTest, WhatBuildsOnAFailedRecordFails) {
  {
    auto journal = Open(Options());
    disk_.SetFull();
    disk_.HoldWrites();
    const uint64_t version = *journal->Append(SampleVersionEvent());
    disk_.AwaitHeldWrite();
    // In a later batch than its version, and appended before that one is known to have failed.
    const uint64_t assignment = *journal->Append(SampleAssignment(1), version);
    disk_.Release();
    EXPECT_TRUE(IsFull(journal->WaitWritten(version)));
    EXPECT_TRUE(IsFull(journal->WaitWritten(assignment)));
    disk_.SetRoomForAll();
    EXPECT_TRUE(IsFull(journal->Append(SampleAssignment(2), version).status()));
    EXPECT_TRUE(journal->WaitWritten(*journal->Append(SampleCount())).ok());
    EXPECT_TRUE(IsFull(journal->Append(SampleAssignment(2), version).status()));
  }
  EXPECT_EQ(EventsOf(temp_.path())->size(), 1u);
}

TEST_F(SegmentJournalFailureTest, AFullDiskAtARotationIsAFullDisk) {
  auto options = Options();
  options.segment_bytes_max = 1;  // each batch in a segment of its own
  {
    auto journal = Open(options);
    ASSERT_TRUE(journal->WaitWritten(*journal->Append(SampleCount())).ok());
    disk_.SetRoom(20);
    EXPECT_TRUE(IsFull(journal->WaitWritten(*journal->Append(SampleCount()))));
    disk_.SetRoom(100);  // the header has room, the record has not
    EXPECT_TRUE(IsFull(journal->WaitWritten(*journal->Append(SampleCount()))));
    disk_.SetRoomForAll();
    ASSERT_TRUE(journal->WaitWritten(*journal->Append(SampleCount())).ok());
  }
  EXPECT_THAT(SequencesOf(*EventsOf(temp_.path())), ElementsAre(1, 4));
  // The journal goes on after it, too.
  auto journal = Open(options);
  EXPECT_GT(*journal->Append(SampleCount()), 4u);
}

TEST_F(SegmentJournalFailureTest, ASegmentThatCanNotBeCompletedForItsAgeGoesOn) {
  {
    std::atomic<bool> opens = true;
    auto options = Options();
    options.open_file =
        [&, open = disk_.Opener()](
            const std::string& path) -> absl::StatusOr<std::unique_ptr<JournalFile>> {
      if (!opens) return absl::ResourceExhaustedError("too many open files");
      return open(path);
    };
    auto journal = Open(options);
    ASSERT_TRUE(journal->WaitWritten(*journal->Append(SampleAssignment(1))).ok());
    opens = false;
    for (int i = 2; i < 20; ++i) {
      journal->CompleteSegment(absl::InfiniteFuture());
      EXPECT_TRUE(journal->WaitSynced(*journal->Append(SampleAssignment(i))).ok());
    }
    EXPECT_EQ(SegmentsOf(temp_.path()).size(), 1u);
    opens = true;
    journal->CompleteSegment(absl::InfiniteFuture());
    EXPECT_TRUE(journal->WaitSynced(*journal->Append(SampleAssignment(20))).ok());
    EXPECT_EQ(SegmentsOf(temp_.path()).size(), 2u);
  }
  EXPECT_EQ(EventsOf(temp_.path())->size(), 20u);
}

TEST_F(SegmentJournalFailureTest, AFailedSyncIsFinal) {
  std::atomic<int> fatal{0};
  auto options = Options();
  options.on_fatal = [&](const absl::Status&) { ++fatal; };
  auto journal = Open(options);
  const uint64_t synced = *journal->Append(SampleConversion(1));
  ASSERT_TRUE(journal->WaitSynced(synced).ok());
  disk_.FailSyncs();
  const int syncs = disk_.syncs();
  const uint64_t sequence = *journal->Append(SampleConversion(2));
  const absl::Status status = journal->WaitSynced(sequence);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_EQ(ErrorReason(status), kReasonUnavailable);
  EXPECT_TRUE(absl::IsUnavailable(journal->Append(SampleCount()).status()));
  EXPECT_TRUE(absl::IsUnavailable(journal->WaitSynced(sequence)));
  EXPECT_TRUE(journal->WaitSynced(synced).ok());
  journal->Stop();
  EXPECT_EQ(fatal, 1);
  EXPECT_EQ(disk_.syncs(), syncs + 1);  // never tried again
}

TEST_F(SegmentJournalFailureTest, AWriteThatCanNotBeTakenBackIsFinal) {
  std::atomic<int> fatal{0};
  auto options = Options();
  options.on_fatal = [&](const absl::Status&) { ++fatal; };
  auto journal = Open(options);
  disk_.FailTruncates();
  disk_.SetRoom(10);
  const uint64_t sequence = *journal->Append(SampleCount());
  const absl::Status status = journal->WaitWritten(sequence);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_NE(ErrorReason(status), kReasonJournalFull);
  journal->Stop();
  EXPECT_EQ(fatal, 1);
}

TEST_F(SegmentJournalFailureTest, AWriteNeverWaitsForASync) {
  auto journal = Open(Options());
  disk_.HoldSyncs();
  const uint64_t conversion = *journal->Append(SampleConversion(1));
  absl::Notification synced;
  journal->WhenSynced(conversion, [&](absl::Status) { synced.Notify(); });
  disk_.AwaitHeldSync();
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(journal->WaitWritten(*journal->Append(SampleAssignment(i))).ok());
  }
  EXPECT_FALSE(synced.HasBeenNotified());
  disk_.Release();
  synced.WaitForNotification();
}

TEST_F(SegmentJournalFailureTest, OneSyncServesAllWhoWait) {
  auto journal = Open(Options());
  disk_.HoldSyncs();
  const uint64_t first = *journal->Append(SampleConversion(1));
  absl::Notification first_synced;
  journal->WhenSynced(first, [&](absl::Status) { first_synced.Notify(); });
  disk_.AwaitHeldSync();
  uint64_t last = 0;
  std::atomic<int> done{0};
  for (int i = 0; i < 200; ++i) {
    last = *journal->Append(SampleConversion(2 + i));
    journal->WhenSynced(last, [&](absl::Status) { ++done; });
  }
  ASSERT_TRUE(journal->WaitWritten(last).ok());
  const int before = disk_.syncs();
  disk_.Release();
  ASSERT_TRUE(journal->WaitSynced(last).ok());
  journal->Stop();
  EXPECT_EQ(done, 200);
  EXPECT_LE(disk_.syncs(), before + 2);  // the one that stood still, and one for all the others
}

TEST_F(SegmentJournalFailureTest, OneWriteTakesAllThatWaits) {
  auto journal = Open(Options());
  disk_.HoldWrites();
  uint64_t last = *journal->Append(SampleAssignment(1));
  disk_.AwaitHeldWrite();
  for (int i = 0; i < 500; ++i) last = *journal->Append(SampleAssignment(2 + i));
  const int before = disk_.writes();
  disk_.Release();
  ASSERT_TRUE(journal->WaitWritten(last).ok());
  EXPECT_EQ(disk_.writes(), before + 2);
}

TEST_F(SegmentJournalFailureTest, ABufferThatIsFullSaysOverloaded) {
  auto options = Options();
  options.buffer_bytes_max = 1000;
  auto journal = Open(options);
  disk_.HoldWrites();
  absl::Status status;
  int taken = 0;
  while (status.ok() && taken < 1000) {
    status = journal->Append(SampleAssignment(taken)).status();
    if (status.ok()) ++taken;
  }
  EXPECT_EQ(ErrorReason(status), kReasonOverloaded);
  EXPECT_EQ(taken, 1000 / 81);
  disk_.Release();
  ASSERT_TRUE(journal->WaitWritten(taken).ok());
  EXPECT_TRUE(journal->Append(SampleAssignment(1)).ok());
}

TEST_F(SegmentJournalFailureTest, AJournalThatIsFullSaysSo) {
  auto options = Options();
  options.journal_bytes_max = 1000;
  auto journal = Open(options);
  absl::Status status;
  int taken = 0;
  while (status.ok() && taken < 1000) {
    const absl::StatusOr<uint64_t> sequence = journal->Append(SampleAssignment(taken));
    status = sequence.status();
    if (!sequence.ok()) break;
    ++taken;
    ASSERT_TRUE(journal->WaitWritten(*sequence).ok());
  }
  EXPECT_TRUE(IsFull(status));
  EXPECT_EQ(taken, (1000 - 80) / 81);
  EXPECT_LE(journal->bytes_on_disk(), 1000u);
  EXPECT_TRUE(journal->WaitSynced(taken).ok());
  EXPECT_FALSE(journal->accepts());
}

TEST_F(SegmentJournalFailureTest, ADiskThatMustKeepMoreThanItHasRefuses) {
  auto options = Options();
  options.disk_free_bytes_min = uint64_t{1} << 60;
  auto journal = Open(options);
  EXPECT_TRUE(IsFull(journal->Append(SampleAssignment(1)).status()));
  EXPECT_FALSE(journal->accepts());
  EXPECT_TRUE(journal->room().disk_is_short());
}

// The disk fills up and empties again under eight threads: what was acknowledged is there, what was
// refused is not.
TEST_F(SegmentJournalFailureTest, AcknowledgesExactlyWhatIsThere) {
  constexpr int kThreads = 8;
  constexpr int kEach = 400;
  std::vector<uint64_t> acknowledged;
  absl::Mutex mutex;
  auto options = Options();
  options.segment_bytes_max = 4000;
  {
    auto journal = Open(options);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          if (t == 0 && i % 20 == 0) disk_.SetRoom(500 + 17 * i);
          if (t == 0 && i % 20 == 10) disk_.SetRoomForAll();
          const absl::StatusOr<uint64_t> sequence =
              journal->Append(SampleAssignment(t * kEach + i));
          if (!sequence.ok() || !journal->WaitWritten(*sequence).ok()) continue;
          absl::MutexLock lock(&mutex);
          acknowledged.push_back(*sequence);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  disk_.SetRoomForAll();
  std::sort(acknowledged.begin(), acknowledged.end());
  const auto events = EventsOf(temp_.path());
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(SequencesOf(*events), acknowledged);
  EXPECT_LT(acknowledged.size(), static_cast<size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace mab::assignment
