#include "assignment/journal_format.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace mab::assignment {
namespace {

SegmentHeader SampleHeader() {
  SegmentHeader header;
  header.journal_id.bytes[0] = 7;
  header.database_id.bytes[15] = 9;
  header.first_sequence = 101;
  header.previous_last_sequence = 98;
  header.created_at = absl::FromUnixMicros(1'795'000'000'000'001);
  return header;
}

TEST(JournalFormatTest, NamesSegmentsInTheOrderOfTheirRecords) {
  EXPECT_EQ(SegmentFileName(1), "00000000000000000001.log");
  EXPECT_EQ(ParseSegmentFileName("00000000000000000001.log"), 1u);
  EXPECT_LT(SegmentFileName(99), SegmentFileName(1000));
  const uint64_t last = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(ParseSegmentFileName(SegmentFileName(last)), last);
  for (const char* name : {"1.log", "00000000000000000001.tmp", "0000000000000000000x.log", ".log",
                           "99999999999999999999.log", "000000000000000000001.log"}) {
    EXPECT_EQ(ParseSegmentFileName(name), std::nullopt) << name;
  }
}

TEST(JournalFormatTest, ReadsBackAHeader) {
  const std::string bytes = EncodeSegmentHeader(SampleHeader());
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  const absl::StatusOr<SegmentHeader> header = DecodeSegmentHeader(bytes);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->journal_id, SampleHeader().journal_id);
  EXPECT_EQ(header->database_id, SampleHeader().database_id);
  EXPECT_EQ(header->first_sequence, 101u);
  EXPECT_EQ(header->previous_last_sequence, 98u);
  EXPECT_EQ(header->created_at, SampleHeader().created_at);
}

TEST(JournalFormatTest, RefusesAHeaderWithAFlippedBitOrACutEnd) {
  const std::string bytes = EncodeSegmentHeader(SampleHeader());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeSegmentHeader(flipped).ok()) << bit;
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(bytes.substr(0, size)).status())) << size;
  }
}

TEST(JournalFormatTest, RefusesImpossibleSequences) {
  SegmentHeader header = SampleHeader();
  header.previous_last_sequence = header.first_sequence;
  EXPECT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(EncodeSegmentHeader(header)).status()));
  header = SampleHeader();
  header.first_sequence = 0;
  header.previous_last_sequence = 0;
  EXPECT_TRUE(absl::IsDataLoss(DecodeSegmentHeader(EncodeSegmentHeader(header)).status()));
}

TEST(JournalFormatTest, ARecordSaysWhatWasOnDisk) {
  const uint32_t seed = RecordChecksumSeed(SampleHeader().journal_id);
  const std::string body = "a body";
  std::string record;
  AppendRecordHeader(4, 1000, 990, body.size(), RecordBodyChecksum(seed, body), &record);
  ASSERT_EQ(record.size(), kRecordHeaderBytes);
  record += body;
  const RecordHeader header = ParseRecordHeader(record);
  EXPECT_EQ(header.body_bytes, body.size());
  EXPECT_EQ(header.type, 4);
  EXPECT_EQ(header.sequence, 1000u);
  EXPECT_EQ(header.synced(), 990u);
  EXPECT_TRUE(RecordChecksumMatches(seed, record));
}

TEST(JournalFormatTest, ARecordThatIsTooFarFromTheLastSyncSaysNothing) {
  std::string record;
  AppendRecordHeader(4, uint64_t{1} << 40, 5, 0, 0, &record);
  EXPECT_EQ(ParseRecordHeader(record).synced(), 0u);
}

TEST(JournalFormatTest, RefusesARecordWithAFlippedBitOrOfAnotherJournal) {
  const uint32_t seed = RecordChecksumSeed(SampleHeader().journal_id);
  const std::string body = "a body";
  std::string record;
  AppendRecordHeader(4, 1000, 990, body.size(), RecordBodyChecksum(seed, body), &record);
  record += body;
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string flipped = record;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(RecordChecksumMatches(seed, flipped)) << bit;
  }
  EXPECT_FALSE(RecordChecksumMatches(RecordChecksumSeed(Uuid{}), record));
}

}  // namespace
}  // namespace mab::assignment
