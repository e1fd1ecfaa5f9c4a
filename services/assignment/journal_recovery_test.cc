// What a restart finds after a crash at any point, and on a disk that is broken.

#include "assignment/journal_recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "assignment/journal_format.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::HasSubstr;

enum class Syncs { kNone, kEach };

class JournalRecoveryTest : public ::testing::Test {
 protected:
  // A journal of `count` assignments; each is synced before the next one is appended, or none is.
  std::vector<SegmentFile> Write(int count, uint64_t segment_bytes_max, Syncs syncs) {
    auto options = TestJournalOptions(temp_.path());
    options.segment_bytes_max = segment_bytes_max;
    auto journal = SegmentJournal::Open(options, IgnoreEvent);
    EXPECT_TRUE(journal.ok()) << journal.status();
    for (int i = 0; i < count; ++i) {
      const uint64_t sequence = *(*journal)->Append(SampleAssignment(i));
      EXPECT_TRUE((*journal)->WaitWritten(sequence).ok());
      if (syncs == Syncs::kNone) continue;
      EXPECT_TRUE((*journal)->WaitSynced(sequence).ok());
    }
    return SegmentsOf(temp_.path());
  }

  // What a start finds that the directory's file `path` has these bytes.
  absl::StatusOr<std::vector<storage::SequencedEvent>> Reopened(const std::string& path,
                                                                absl::string_view bytes) {
    WriteFile(path, bytes);
    return EventsOf(temp_.path());
  }

  TempDirectory temp_;
};

constexpr size_t kRecordBytes = 81;  // of an assignment

TEST_F(JournalRecoveryTest, CutsATornEndAtTheLastGoodRecordWhereverItIsTorn) {
  const std::string path = Write(3, 1 << 20, Syncs::kEach)[0].path;
  const std::string whole = ReadFile(path);
  ASSERT_EQ(whole.size(), kSegmentHeaderBytes + 3 * kRecordBytes);
  for (size_t size = kSegmentHeaderBytes; size <= whole.size(); ++size) {
    const auto events = Reopened(path, whole.substr(0, size));
    ASSERT_TRUE(events.ok()) << events.status();
    const size_t records = (size - kSegmentHeaderBytes) / kRecordBytes;
    EXPECT_EQ(events->size(), records) << size;
    EXPECT_EQ(std::filesystem::file_size(path), kSegmentHeaderBytes + records * kRecordBytes);
  }
}

TEST_F(JournalRecoveryTest, GoesOnAfterATornEnd) {
  const std::string path = Write(3, 1 << 20, Syncs::kNone)[0].path;
  const std::string whole = ReadFile(path);
  WriteFile(path, whole.substr(0, whole.size() - 1));
  Write(2, 1 << 20, Syncs::kNone);
  EXPECT_THAT(SequencesOf(*EventsOf(temp_.path())), ::testing::ElementsAre(1, 2, 3, 4));
}

TEST_F(JournalRecoveryTest, CutsAnEndOfGarbageOrZeros) {
  const std::string path = Write(3, 1 << 20, Syncs::kEach)[0].path;
  const std::string whole = ReadFile(path);
  for (const std::string& tail :
       {std::string(5000, '\0'), std::string(5000, '\xff'), std::string(21, '\1')}) {
    const auto events = Reopened(path, whole + tail);
    ASSERT_TRUE(events.ok()) << events.status();
    EXPECT_EQ(events->size(), 3u);
    EXPECT_EQ(ReadFile(path), whole);
  }
}

// What was never synced can be there in any part after a power cut, also with a hole before good
// records.
TEST_F(JournalRecoveryTest, CutsAHoleInWhatWasNeverSynced) {
  const std::string path = Write(4, 1 << 20, Syncs::kNone)[0].path;
  const std::string whole = ReadFile(path);
  const auto events = Reopened(path, Flipped(whole, kSegmentHeaderBytes + kRecordBytes + 30));
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(events->size(), 1u);
}

TEST_F(JournalRecoveryTest, RefusesADamagedMiddleThatHadBeenSynced) {
  const std::string path = Write(4, 1 << 20, Syncs::kEach)[0].path;
  const std::string whole = ReadFile(path);
  // All but the last record: each of the others is known to have been on disk by the one after it.
  for (size_t at = kSegmentHeaderBytes; at < whole.size() - kRecordBytes; ++at) {
    const std::string damaged = Flipped(whole, at);
    const auto events = Reopened(path, damaged);
    ASSERT_TRUE(absl::IsDataLoss(events.status())) << "byte " << at;
    EXPECT_THAT(std::string(events.status().message()), HasSubstr(path));
    EXPECT_THAT(std::string(events.status().message()), HasSubstr("offset"));
    EXPECT_EQ(ReadFile(path), damaged);  // nothing was changed
  }
}

TEST_F(JournalRecoveryTest, RefusesDamageInASegmentThatIsNotTheLast) {
  const std::vector<SegmentFile> segments = Write(12, 200, Syncs::kNone);
  ASSERT_GE(segments.size(), 3u);
  const std::string path = segments[1].path;
  const std::string whole = ReadFile(path);
  for (size_t at = 0; at < whole.size(); ++at) {
    EXPECT_FALSE(Reopened(path, Flipped(whole, at)).ok()) << "byte " << at;
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(Reopened(path, whole.substr(0, size)).status())) << size;
  }
  WriteFile(path, whole);
  EXPECT_EQ(EventsOf(temp_.path())->size(), 12u);
}

TEST_F(JournalRecoveryTest, RefusesAJournalWithAMissingSegment) {
  const std::vector<SegmentFile> segments = Write(12, 200, Syncs::kNone);
  for (size_t missing : {size_t{0}, size_t{1}}) {
    const std::string whole = ReadFile(segments[missing].path);
    std::filesystem::remove(segments[missing].path);
    EXPECT_TRUE(absl::IsDataLoss(EventsOf(temp_.path()).status())) << missing;
    WriteFile(segments[missing].path, whole);
  }
}

TEST_F(JournalRecoveryTest, BeginsWhereWhatIsKnownEnds) {
  const std::vector<SegmentFile> segments = Write(30, 500, Syncs::kEach);
  ASSERT_GE(segments.size(), 5u);
  std::filesystem::remove(segments[0].path);
  std::filesystem::remove(segments[1].path);
  const uint64_t begins_after = segments[2].first_sequence - 1;
  const auto recovered = [&](std::optional<uint64_t> through) {
    return RecoverJournal(temp_.path(), {.journal_id = {}, .through = through}, IgnoreEvent);
  };
  EXPECT_TRUE(recovered(begins_after).ok());
  EXPECT_TRUE(recovered(30).ok());
  EXPECT_TRUE(recovered(std::nullopt).ok());
  const absl::Status gap = recovered(begins_after - 1).status();
  EXPECT_TRUE(absl::IsDataLoss(gap)) << gap;
  EXPECT_THAT(std::string(gap.message()), HasSubstr("segments are missing"));
  // What is known was on the disk once.
  const absl::Status short_of_it = recovered(31).status();
  EXPECT_TRUE(absl::IsDataLoss(short_of_it)) << short_of_it;
  EXPECT_THAT(std::string(short_of_it.message()), HasSubstr("ends with record 30"));
  for (const SegmentFile& segment : SegmentsOf(temp_.path())) {
    std::filesystem::remove(segment.path);
  }
  EXPECT_TRUE(absl::IsDataLoss(recovered(30).status()));
  EXPECT_TRUE(recovered(std::nullopt).ok());
  EXPECT_TRUE(recovered(0).ok());
}

TEST_F(JournalRecoveryTest, RefusesWhatIsKnownOfAnotherJournal) {
  Write(3, 1 << 20, Syncs::kEach);
  KnownRecords known{.journal_id = {}, .through = 2};
  known.journal_id.bytes[0] = 1;
  const absl::Status status = RecoverJournal(temp_.path(), known, IgnoreEvent).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
}

TEST_F(JournalRecoveryTest, RefusesASegmentOfAnotherJournal) {
  const std::vector<SegmentFile> segments = Write(12, 200, Syncs::kNone);
  std::string bytes = ReadFile(segments[1].path);
  SegmentHeader header = *DecodeSegmentHeader(bytes);
  header.journal_id.bytes[3] ^= 1;
  const absl::Status status =
      Reopened(segments[1].path, EncodeSegmentHeader(header) + bytes.substr(kSegmentHeaderBytes))
          .status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("another journal"));
}

TEST_F(JournalRecoveryTest, RemovesASegmentThatWasNeverCompleted) {
  Write(2, 1 << 20, Syncs::kNone);
  const std::string unfinished = temp_.path() + "/unfinished.tmp";
  WriteFile(unfinished, "half a hea");
  EXPECT_EQ(EventsOf(temp_.path())->size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}

TEST_F(JournalRecoveryTest, LeavesFilesOfOthersAlone) {
  Write(2, 1 << 20, Syncs::kNone);
  WriteFile(temp_.path() + "/checkpoint.pb", "not ours");
  EXPECT_EQ(EventsOf(temp_.path())->size(), 2u);
  EXPECT_TRUE(std::filesystem::exists(temp_.path() + "/checkpoint.pb"));
}

// A process that dies between the start of a segment and its first record.
TEST_F(JournalRecoveryTest, GoesOnInASegmentWithoutRecords) {
  const SegmentHeader first =
      *DecodeSegmentHeader(ReadFile(Write(2, 1 << 20, Syncs::kNone)[0].path));
  SegmentHeader next = first;
  next.first_sequence = 10;
  next.previous_last_sequence = 2;
  WriteFile(temp_.path() + "/" + SegmentFileName(10), EncodeSegmentHeader(next));
  Write(1, 1 << 20, Syncs::kNone);
  EXPECT_THAT(SequencesOf(*EventsOf(temp_.path())), ::testing::ElementsAre(1, 2, 10));
}

// The directory as a kill at any moment leaves it, with records of many segments.
TEST_F(JournalRecoveryTest, KeepsEveryWholeRecordOfACopyTakenWhileItIsWritten) {
  auto options = TestJournalOptions(temp_.path());
  options.segment_bytes_max = 400;
  auto journal = *SegmentJournal::Open(options, IgnoreEvent);
  int whole_copies = 0;
  for (int i = 0; i < 40; ++i) {
    uint64_t written = 0;
    for (int j = 0; j < 5; ++j) written = *journal->Append(SampleAssignment(i));
    ASSERT_TRUE(journal->WaitWritten(written - 2).ok());
    const uint64_t acknowledged = journal->written();
    TempDirectory copy;
    std::filesystem::remove(copy.path());
    // A file can get its final name under the copy's hands; then there is no copy.
    std::error_code error;
    std::filesystem::copy(temp_.path(), copy.path(), error);
    if (error) {
      ASSERT_EQ(error, std::errc::no_such_file_or_directory) << error.message();
      std::filesystem::create_directory(copy.path(), error);
      continue;
    }
    const auto events = EventsOf(copy.path());
    // A copy is not taken in one moment: a segment that was begun meanwhile may be there without
    // the end of the one before. That is refused, never misread.
    if (!events.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(events.status()) || absl::IsNotFound(events.status()));
      continue;
    }
    ++whole_copies;
    EXPECT_GE(events->size(), acknowledged);
    for (size_t at = 0; at < events->size(); ++at) EXPECT_EQ((*events)[at].sequence, at + 1);
  }
  EXPECT_GT(whole_copies, 0);
}

}  // namespace
}  // namespace mab::assignment
