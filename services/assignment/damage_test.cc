// Where a segment stops being readable: what a crash leaves, and what a broken disk does.

#include "assignment/damage.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

class DamageTest : public ::testing::Test {
 protected:
  // A segment with these bytes after its header, read up to the damage.
  std::unique_ptr<SegmentReader> ReadToTheDamage(absl::string_view records) {
    auto segment = SegmentReader::Open(WriteSegment(temp_.path(), SampleSegmentHeader(), records));
    EXPECT_TRUE(segment.ok()) << segment.status();
    JournalRecord record;
    auto outcome = SegmentReader::Outcome::kRecord;
    while (outcome == SegmentReader::Outcome::kRecord) outcome = *(*segment)->Next(&record);
    EXPECT_EQ(outcome, SegmentReader::Outcome::kDamaged);
    return *std::move(segment);
  }
  Damage Judge(absl::string_view records) {
    const absl::StatusOr<Damage> damage = JudgeDamage(*ReadToTheDamage(records));
    EXPECT_TRUE(damage.ok()) << damage.status();
    return damage.value_or(Damage::kTornEnd);
  }

  // Record `sequence`, that knows all up to `synced` to be on the disk.
  static std::string Record(uint64_t sequence, uint64_t synced) {
    return RecordOf(SampleAssignment(sequence), sequence, synced);
  }
  // The same, unreadable.
  static std::string Damaged(uint64_t sequence) { return Flipped(Record(sequence, 0), 50); }

  TempDirectory temp_;
};

TEST_F(DamageTest, NothingBehindItProvesNothing) {
  const std::string record = Record(2, 1);
  for (size_t size = 1; size < record.size(); ++size) {
    EXPECT_EQ(Judge(Record(1, 0) + record.substr(0, size)), Damage::kTornEnd) << size;
  }
  EXPECT_EQ(Judge(Damaged(1)), Damage::kTornEnd);
  EXPECT_EQ(Judge(std::string(10000, '\0')), Damage::kTornEnd);
  EXPECT_EQ(Judge(std::string(10000, '\xff')), Damage::kTornEnd);
}

TEST_F(DamageTest, AGoodRecordBehindItProvesWhatItKnowsToBeSynced) {
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(2) + Record(3, 0)), Damage::kTornEnd);
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(2) + Record(3, 1)), Damage::kTornEnd);
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(2) + Record(3, 2)), Damage::kBrokenMiddle);
  // One of many is enough, wherever it stands.
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(2) + Record(3, 1) + Damaged(4) + Record(5, 2) + "torn"),
            Damage::kBrokenMiddle);
}

TEST_F(DamageTest, ASyncedPlaceIsDamagedAlsoWhereSequencesHaveGaps) {
  // Records 2 to 9 failed and were never written: 10 is the damaged one.
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(10) + Record(11, 1)), Damage::kTornEnd);
  EXPECT_EQ(Judge(Record(1, 0) + Damaged(10) + Record(11, 10)), Damage::kBrokenMiddle);
}

TEST_F(DamageTest, ADistanceThatIsTooFarProvesNothing) {
  const uint64_t far = uint64_t{1} << 40;
  const std::string segment = Record(1, 0) + Damaged(2);
  EXPECT_EQ(Judge(segment + Record(far, 2)), Damage::kTornEnd);
  EXPECT_EQ(Judge(segment + Record(far, far - 1)), Damage::kBrokenMiddle);
}

TEST_F(DamageTest, ASequenceThatNoJournalReachesProvesNothing) {
  const std::string segment = Record(1, 0) + Damaged(2);
  const uint64_t farthest = 1 + (uint64_t{1} << 48);
  EXPECT_EQ(Judge(segment + Record(farthest, farthest - 1)), Damage::kBrokenMiddle);
  EXPECT_EQ(Judge(segment + Record(farthest + 1, farthest)), Damage::kTornEnd);
}

TEST_F(DamageTest, FindsARecordAtAnyPlaceBehind) {
  for (size_t lost = 0; lost < 100; ++lost) {
    EXPECT_EQ(Judge(Record(1, 0) + std::string(lost, '\x7f') + Damaged(2) + Record(3, 2)),
              Damage::kBrokenMiddle)
        << lost;
  }
}

TEST_F(DamageTest, TakesNoRecordThatIsNotGood) {
  const std::string segment = Record(1, 0) + Damaged(2);
  const std::string proof = Record(3, 2);
  ASSERT_EQ(Judge(segment + proof), Damage::kBrokenMiddle);
  for (size_t at = 0; at < proof.size(); ++at) {
    EXPECT_EQ(Judge(segment + Flipped(proof, at)), Damage::kTornEnd) << at;
    EXPECT_EQ(Judge(segment + proof.substr(0, at)), Damage::kTornEnd) << at;
  }
  // One of another journal, such as from blocks that another file had before.
  EXPECT_EQ(Judge(segment + RawRecord(2, 3, 2, "body", SampleJournalId(2))), Damage::kTornEnd);
}

TEST_F(DamageTest, TakesARecordOfAnyTypeAndOfAnyLengthUpToTheLimit) {
  const std::string segment = Record(1, 0) + Damaged(2);
  EXPECT_EQ(Judge(segment + RawRecord(99, 3, 2, "")), Damage::kBrokenMiddle);
  EXPECT_EQ(Judge(segment + RawRecord(99, 3, 2, std::string(kRecordBodyBytesMax, 'x'))),
            Damage::kBrokenMiddle);
  EXPECT_EQ(Judge(segment + RawRecord(99, 3, 2, std::string(kRecordBodyBytesMax + 1, 'x'))),
            Damage::kTornEnd);
}

TEST_F(DamageTest, AnEndThatWasTakenBackMeanwhileIsTorn) {
  const auto segment = ReadToTheDamage(Record(1, 0) + "torn");
  std::filesystem::resize_file(segment->path(), segment->offset());
  EXPECT_EQ(*JudgeDamage(*segment), Damage::kTornEnd);
}

TEST_F(DamageTest, AFileThatIsGoneIsAnError) {
  const auto segment = ReadToTheDamage(Record(1, 0) + "torn");
  std::filesystem::remove(segment->path());
  EXPECT_FALSE(JudgeDamage(*segment).ok());
}

// Every byte of a segment whose records were synced now and then: broken exactly where a later
// record says that the damaged one was on the disk.
TEST_F(DamageTest, JudgesEachByteByTheRecordsBehindIt) {
  const std::vector<uint64_t> synced = {0, 0, 0, 2, 2, 2, 6, 6};  // as records 1, 2, … know it
  std::vector<std::string> records;
  std::string whole;
  for (size_t i = 0; i < synced.size(); ++i) {
    records.push_back(Record(i + 1, synced[i]));
    whole += records.back();
  }
  size_t begin = 0;
  for (uint64_t sequence = 1; sequence <= records.size(); ++sequence) {
    const bool was_synced = sequence < synced.size() && synced.back() >= sequence;
    const size_t end = begin + records[sequence - 1].size();
    for (; begin < end; ++begin) {
      ASSERT_EQ(Judge(Flipped(whole, begin)), was_synced ? Damage::kBrokenMiddle : Damage::kTornEnd)
          << "record " << sequence << ", byte " << begin;
    }
  }
}

}  // namespace
}  // namespace mab::assignment
