#include "assignment/segment_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "assignment/crc32c.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

using ::testing::HasSubstr;
using Outcome = SegmentReader::Outcome;

class SegmentReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<SegmentReader> Open(absl::string_view records,
                                      const SegmentHeader& header = SampleSegmentHeader()) {
    path_ = WriteSegment(temp_.path(), header, records);
    auto segment = SegmentReader::Open(path_);
    EXPECT_TRUE(segment.ok()) << segment.status();
    return *std::move(segment);
  }
  // The status of opening a first segment with these bytes.
  absl::Status OpenStatus(absl::string_view bytes, uint64_t name = 1) {
    path_ = temp_.path() + "/" + SegmentFileName(name);
    WriteFile(path_, bytes);
    return SegmentReader::Open(path_).status();
  }
  void Append(absl::string_view bytes) { WriteFile(path_, ReadFile(path_) + std::string(bytes)); }
  Outcome Next(SegmentReader& segment) {
    const absl::StatusOr<Outcome> outcome = segment.Next(&record_);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Outcome::kDamaged);
  }

  TempDirectory temp_;
  std::string path_;
  JournalRecord record_;
};

TEST_F(SegmentReaderTest, ReadsItsHeaderAndItsRecords) {
  const std::string first = RawRecord(2, 7, 0, "one");
  const auto segment = Open(first + RawRecord(200, 9, 7, ""), SampleSegmentHeader(7, 5));
  EXPECT_EQ(segment->header().journal_id, SampleJournalId());
  EXPECT_EQ(segment->header().first_sequence, 7u);
  EXPECT_EQ(segment->path(), path_);
  EXPECT_EQ(segment->offset(), kSegmentHeaderBytes);
  EXPECT_EQ(segment->last_sequence(), 5u);

  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.sequence, 7u);
  EXPECT_EQ(record_.synced, 0u);
  EXPECT_EQ(record_.type, 2);
  EXPECT_EQ(record_.body, "one");
  EXPECT_EQ(segment->offset(), kSegmentHeaderBytes + first.size());
  EXPECT_EQ(segment->last_sequence(), 7u);

  // Types are not its business; sequences may have gaps.
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.sequence, 9u);
  EXPECT_EQ(record_.synced, 7u);
  EXPECT_EQ(record_.type, 200);
  EXPECT_EQ(record_.body, "");
  EXPECT_EQ(Next(*segment), Outcome::kEnd);
  EXPECT_EQ(segment->damage(), "");
}

TEST_F(SegmentReaderTest, RefusesAHeaderThatIsCutAtAnyByteOrHasAFlippedBit) {
  const std::string header = EncodeSegmentHeader(SampleSegmentHeader());
  for (size_t at = 0; at < header.size(); ++at) {
    const absl::Status cut = OpenStatus(header.substr(0, at));
    EXPECT_TRUE(absl::IsDataLoss(cut)) << at;
    EXPECT_THAT(std::string(cut.message()), HasSubstr(path_));
    EXPECT_FALSE(OpenStatus(Flipped(header, at)).ok()) << at;
  }
  EXPECT_TRUE(OpenStatus(header).ok());
}

TEST_F(SegmentReaderTest, RefusesAFileThatIsNotNamedAfterItsHeader) {
  const std::string header = EncodeSegmentHeader(SampleSegmentHeader(5, 4));
  EXPECT_TRUE(OpenStatus(header, 5).ok());
  EXPECT_TRUE(absl::IsDataLoss(OpenStatus(header, 6)));
  WriteFile(temp_.path() + "/copy", header);
  EXPECT_TRUE(absl::IsDataLoss(SegmentReader::Open(temp_.path() + "/copy").status()));
}

TEST_F(SegmentReaderTest, LeavesASegmentOfANewerBuildAlone) {
  std::string header = EncodeSegmentHeader(SampleSegmentHeader());
  header[8] = 2;
  header.resize(kSegmentHeaderBytes - 4);
  const uint32_t checksum = Crc32c(header);
  for (int shift = 0; shift < 32; shift += 8) {
    header.push_back(static_cast<char>(checksum >> shift));
  }
  const absl::Status status = OpenStatus(header);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 2"));
}

TEST_F(SegmentReaderTest, SaysWhichFileItCanNotRead) {
  const absl::Status missing = SegmentReader::Open(temp_.path() + "/none").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/none"));
  EXPECT_FALSE(SegmentReader::Open(temp_.path()).ok());  // a directory
}

TEST_F(SegmentReaderTest, StopsAtARecordThatIsCutAtAnyByte) {
  const std::string good = RawRecord(2, 1, 0, "good");
  const std::string cut = RawRecord(2, 2, 1, "a body of some length");
  for (size_t size = 1; size < cut.size(); ++size) {
    const auto segment = Open(good + cut.substr(0, size));
    ASSERT_EQ(Next(*segment), Outcome::kRecord);
    for (int again = 0; again < 2; ++again) {
      ASSERT_EQ(Next(*segment), Outcome::kDamaged) << size;
      EXPECT_EQ(segment->damage(), size < kRecordHeaderBytes ? "a record's header is cut short"
                                                             : "a record is cut short");
      EXPECT_EQ(segment->offset(), kSegmentHeaderBytes + good.size());
      EXPECT_EQ(segment->last_sequence(), 1u);
    }
  }
}

TEST_F(SegmentReaderTest, StopsAtAFlippedBitWhereverItIs) {
  const std::string record = RawRecord(2, 1, 0, "a body");
  for (size_t at = 0; at < record.size(); ++at) {
    const auto segment = Open(Flipped(record, at) + RawRecord(2, 2, 0, "next"));
    EXPECT_EQ(Next(*segment), Outcome::kDamaged) << at;
    EXPECT_EQ(segment->offset(), kSegmentHeaderBytes);
  }
}

TEST_F(SegmentReaderTest, ReadsABodyOfAMebibyteAndNoByteMore) {
  const std::string longest(kRecordBodyBytesMax, 'x');
  const auto segment = Open(RawRecord(2, 1, 0, longest) + RawRecord(2, 2, 0, "next"));
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.body, longest);
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.body, "next");

  const auto too_long = Open(RawRecord(2, 1, 0, longest + "x"));
  EXPECT_EQ(Next(*too_long), Outcome::kDamaged);
  EXPECT_EQ(too_long->damage(), "a record's length is impossible");
}

TEST_F(SegmentReaderTest, StopsWhereSequencesDoNotGrow) {
  for (const uint64_t sequence : {0, 4, 5}) {
    const auto segment =
        Open(RawRecord(2, 5, 0, "") + RawRecord(2, sequence, 0, ""), SampleSegmentHeader(3, 2));
    ASSERT_EQ(Next(*segment), Outcome::kRecord);
    EXPECT_EQ(Next(*segment), Outcome::kDamaged) << sequence;
    EXPECT_THAT(segment->damage(), HasSubstr("sequence number"));
  }
  // Nor may the first be smaller than the header says, even where it follows the segment before.
  const auto early = Open(RawRecord(2, 6, 0, ""), SampleSegmentHeader(8, 5));
  EXPECT_EQ(Next(*early), Outcome::kDamaged);
}

TEST_F(SegmentReaderTest, TakesNoRecordOfAnotherJournal) {
  const auto segment = Open(RawRecord(2, 1, 0, "body", SampleJournalId(2)));
  EXPECT_EQ(Next(*segment), Outcome::kDamaged);
  EXPECT_EQ(segment->damage(), "a record's checksum is wrong");
}

TEST_F(SegmentReaderTest, FollowsAFileThatGrows) {
  const auto segment = Open("");
  EXPECT_EQ(Next(*segment), Outcome::kEnd);
  Append(RawRecord(2, 1, 0, "one"));
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.body, "one");
  EXPECT_EQ(Next(*segment), Outcome::kEnd);

  // A write that is seen half is read whole afterwards.
  const std::string two = RawRecord(2, 2, 0, "two");
  Append(two.substr(0, 10));
  EXPECT_EQ(Next(*segment), Outcome::kDamaged);
  Append(two.substr(10));
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.body, "two");
  EXPECT_EQ(segment->damage(), "");
}

TEST_F(SegmentReaderTest, ReadsAgainWhatItForgets) {
  const std::string one = RawRecord(2, 1, 0, "one");
  const auto segment = Open(one + RawRecord(2, 2, 0, "taken back"));
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  WriteSegment(temp_.path(), SampleSegmentHeader(), one + RawRecord(2, 3, 0, "instead"));
  segment->ForgetReadAhead();
  ASSERT_EQ(Next(*segment), Outcome::kRecord);
  EXPECT_EQ(record_.sequence, 3u);
  EXPECT_EQ(record_.body, "instead");
}

// Far more than is read at once, so that records lie across the ends of what was.
TEST_F(SegmentReaderTest, ReadsManyRecordsOfManyLengths) {
  std::string records;
  for (uint64_t sequence = 1; sequence <= 3000; ++sequence) {
    records += RawRecord(2, sequence, 0, std::string(sequence * 37 % 1000, 'x'));
  }
  const auto segment = Open(records);
  for (uint64_t sequence = 1; sequence <= 3000; ++sequence) {
    ASSERT_EQ(Next(*segment), Outcome::kRecord);
    ASSERT_EQ(record_.sequence, sequence);
    ASSERT_EQ(record_.body.size(), sequence * 37 % 1000);
  }
  EXPECT_EQ(Next(*segment), Outcome::kEnd);
  EXPECT_EQ(segment->offset(), std::filesystem::file_size(path_));
}

}  // namespace
}  // namespace mab::assignment
