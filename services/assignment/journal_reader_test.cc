#include "assignment/journal_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JournalReaderTest : public ::testing::Test {
 protected:
  // Three segments of three records each: 1 to 3, 4 to 6, 7 to 9, each synced before the next.
  void WriteThreeSegments() {
    for (uint64_t first = 1; first <= 7; first += 3) {
      paths_.push_back(WriteSegment(temp_.path(), SampleSegmentHeader(first, first - 1),
                                    Record(first) + Record(first + 1) + Record(first + 2)));
    }
  }
  static std::string Record(uint64_t sequence) {
    return RawRecord(2, sequence, sequence - 1, "a body");
  }

  // The sequences of what follows; the error that ends it.
  std::vector<uint64_t> ReadOn(uint64_t through = JournalReader::kToTheEnd) {
    std::vector<uint64_t> sequences;
    while (true) {
      const auto record = reader_.Next(through);
      status_ = record.status();
      if (!record.ok() || !record->has_value()) return sequences;
      EXPECT_EQ((*record)->sequence, reader_.position());
      sequences.push_back((*record)->sequence);
    }
  }
  std::vector<uint64_t> ReadAfter(uint64_t after) {
    EXPECT_TRUE(reader_.Seek(after).ok());
    return ReadOn();
  }
  void DamageByte(const std::string& path, size_t at) {
    WriteFile(path, Flipped(ReadFile(path), at));
  }

  TempDirectory temp_;
  std::vector<std::string> paths_;
  JournalReader reader_{temp_.path()};
  absl::Status status_;
};

constexpr size_t kRecordBytes = kRecordHeaderBytes + 6;

TEST_F(JournalReaderTest, ReadsTheRecordsOfAllSegmentsInOrder) {
  WriteThreeSegments();
  EXPECT_THAT(ReadOn(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(status_.ok());
  EXPECT_FALSE(reader_.torn());
  EXPECT_EQ(reader_.segment()->path(), paths_[2]);
}

TEST_F(JournalReaderTest, SeeksToTheRecordAfterAnyOther) {
  WriteThreeSegments();
  for (uint64_t after = 0; after <= 12; ++after) {
    std::vector<uint64_t> expected;
    for (uint64_t sequence = after + 1; sequence <= 9; ++sequence) expected.push_back(sequence);
    EXPECT_EQ(ReadAfter(after), expected) << after;
    EXPECT_EQ(reader_.position(), std::max<uint64_t>(after, 9));
  }
  EXPECT_THAT(ReadAfter(UINT64_MAX), IsEmpty());
}

TEST_F(JournalReaderTest, DoesNotOpenSegmentsBeforeTheOneThatItSeeks) {
  WriteThreeSegments();
  WriteFile(paths_[0], "no segment");
  EXPECT_THAT(ReadAfter(3), ElementsAre(4, 5, 6, 7, 8, 9));
  EXPECT_FALSE(reader_.Seek(2).ok());
}

TEST_F(JournalReaderTest, StopsWhereItIsTold) {
  WriteThreeSegments();
  EXPECT_THAT(ReadOn(3), ElementsAre(1, 2, 3));
  EXPECT_THAT(ReadOn(3), IsEmpty());
  EXPECT_THAT(ReadOn(5), ElementsAre(4, 5));
  EXPECT_THAT(ReadOn(9), ElementsAre(6, 7, 8, 9));
  EXPECT_TRUE(status_.ok());
}

// Beyond what it is told there may be a write that is taken back.
TEST_F(JournalReaderTest, ReadsAgainWhatLiesBeyond) {
  const std::string path =
      WriteSegment(temp_.path(), SampleSegmentHeader(), Record(1) + Record(2) + "half a rec");
  EXPECT_THAT(ReadOn(1), ElementsAre(1));
  WriteSegment(temp_.path(), SampleSegmentHeader(), Record(1) + Record(3));
  EXPECT_THAT(ReadOn(3), ElementsAre(3));
}

TEST_F(JournalReaderTest, MissesARecordThatItWasPromised) {
  WriteThreeSegments();
  EXPECT_THAT(ReadOn(10), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(absl::IsDataLoss(status_));
  EXPECT_THAT(std::string(status_.message()),
              AllOf(HasSubstr(paths_[2]), HasSubstr("the log ends here, but went to record 10")));
}

TEST_F(JournalReaderTest, ReadsNothingOfAnEmptyDirectoryAndThenWhatComes) {
  EXPECT_THAT(ReadOn(), IsEmpty());
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(reader_.segment(), nullptr);
  WriteThreeSegments();
  EXPECT_THAT(ReadOn(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(JournalReaderTest, FollowsALogThatGrowsAndRotates) {
  const std::string path = WriteSegment(temp_.path(), SampleSegmentHeader(), Record(1));
  EXPECT_THAT(ReadOn(), ElementsAre(1));
  WriteFile(path, ReadFile(path) + Record(2));
  EXPECT_THAT(ReadOn(), ElementsAre(2));
  WriteSegment(temp_.path(), SampleSegmentHeader(3, 2), Record(3));
  EXPECT_THAT(ReadOn(), ElementsAre(3));
}

// A segment that was begun and got no record gives its place to one of the same name.
TEST_F(JournalReaderTest, FindsTheSegmentThatReplacedOneWithoutRecords) {
  WriteSegment(temp_.path(), SampleSegmentHeader(), Record(1));
  const std::string path = WriteSegment(temp_.path(), SampleSegmentHeader(2, 1), "");
  EXPECT_THAT(ReadOn(), ElementsAre(1));
  std::filesystem::remove(path);
  WriteSegment(temp_.path(), SampleSegmentHeader(2, 1), Record(2));
  EXPECT_THAT(ReadOn(2), ElementsAre(2));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(JournalReaderTest, SaysThatAnEndIsTornAndWhere) {
  WriteThreeSegments();
  const std::string whole = ReadFile(paths_[2]);
  for (size_t cut = 1; cut < kRecordBytes; ++cut) {
    WriteFile(paths_[2], whole.substr(0, whole.size() - cut));
    EXPECT_THAT(ReadAfter(6), ElementsAre(7, 8));
    EXPECT_TRUE(status_.ok()) << status_;
    EXPECT_TRUE(reader_.torn());
    EXPECT_EQ(reader_.segment()->offset(), kSegmentHeaderBytes + 2 * kRecordBytes);
  }
  WriteFile(paths_[2], whole);
  EXPECT_THAT(ReadAfter(6), ElementsAre(7, 8, 9));
  EXPECT_FALSE(reader_.torn());
}

TEST_F(JournalReaderTest, RefusesDamageInTheFirstTheMiddleAndTheLastSegment) {
  WriteThreeSegments();
  for (size_t damaged = 0; damaged < paths_.size(); ++damaged) {
    const std::string whole = ReadFile(paths_[damaged]);
    // The second record of each.
    DamageByte(paths_[damaged], kSegmentHeaderBytes + kRecordBytes + 23);
    EXPECT_EQ(ReadAfter(0).size(), 3 * damaged + 1);
    EXPECT_TRUE(absl::IsDataLoss(status_)) << damaged;
    EXPECT_THAT(std::string(status_.message()),
                AllOf(HasSubstr(paths_[damaged]),
                      HasSubstr(std::to_string(kSegmentHeaderBytes + kRecordBytes)),
                      HasSubstr("a record's checksum is wrong"), HasSubstr("nothing was changed"),
                      HasSubstr("restore this file from a backup")));
    EXPECT_FALSE(reader_.torn());
    WriteFile(paths_[damaged], whole);
  }
  EXPECT_EQ(ReadAfter(0).size(), 9u);
}

TEST_F(JournalReaderTest, RefusesACutInASegmentThatIsNotTheLast) {
  WriteThreeSegments();
  const std::string whole = ReadFile(paths_[1]);
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteFile(paths_[1], whole.substr(0, size));
    ReadAfter(0);
    ASSERT_TRUE(absl::IsDataLoss(status_)) << size;
  }
}

// A write that was taken back before the rotation may be seen by who reads at that moment.
TEST_F(JournalReaderTest, PassesBytesThatTheNextSegmentSaysAreNoRecord) {
  WriteThreeSegments();
  WriteFile(paths_[0], ReadFile(paths_[0]) + "taken back");
  EXPECT_THAT(ReadOn(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_TRUE(status_.ok()) << status_;
}

TEST_F(JournalReaderTest, RefusesAMissingSegment) {
  WriteThreeSegments();
  std::filesystem::remove(paths_[1]);
  EXPECT_THAT(ReadOn(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(absl::IsDataLoss(status_));
  EXPECT_THAT(std::string(status_.message()),
              AllOf(HasSubstr("records are missing"), HasSubstr("follows record 6")));
}

TEST_F(JournalReaderTest, RefusesASegmentOfAnotherJournal) {
  WriteThreeSegments();
  SegmentHeader other = SampleSegmentHeader(7, 6);
  other.journal_id = SampleJournalId(2);
  WriteSegment(temp_.path(), other, "");
  EXPECT_THAT(ReadOn(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(absl::IsDataLoss(status_));
  EXPECT_THAT(std::string(status_.message()), HasSubstr("another journal"));
}

TEST_F(JournalReaderTest, RefusesABadHeaderAsDamageAtOffsetZero) {
  WriteThreeSegments();
  DamageByte(paths_[1], 50);
  ReadOn();
  EXPECT_TRUE(absl::IsDataLoss(status_));
  EXPECT_THAT(std::string(status_.message()), AllOf(HasSubstr(paths_[1]), HasSubstr("offset 0:")));
}

TEST_F(JournalReaderTest, SaysThatTheDirectoryIsMissing) {
  JournalReader reader(temp_.path() + "/none");
  EXPECT_TRUE(absl::IsNotFound(reader.Next().status()));
}

}  // namespace
}  // namespace mab::assignment
