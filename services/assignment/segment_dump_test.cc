#include "assignment/segment_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr size_t kRecordBytes = 81;  // of an assignment

class SegmentDumpTest : public ::testing::Test {
 protected:
  DumpEnd Dump(const std::string& path) {
    lines_.clear();
    const auto end =
        DumpJournal(path, [this](absl::string_view line) { lines_.emplace_back(line); });
    EXPECT_TRUE(end.ok()) << end.status();
    return end.value_or(DumpEnd::kClean);
  }
  std::string Last() const { return lines_.empty() ? "" : lines_.back(); }

  // Assignments with the sequences 1 to `count`, of which each knows those before to be synced.
  static std::string Records(uint64_t count, uint64_t first = 1) {
    std::string records;
    for (uint64_t i = first; i < first + count; ++i) {
      records += RecordOf(SampleAssignment(i), i, i - 1);
    }
    return records;
  }

  TempDirectory temp_;
  std::vector<std::string> lines_;
};

TEST_F(SegmentDumpTest, PrintsTheHeaderEachEventAndTheEnd) {
  std::string records;
  uint64_t sequence = 0;
  for (const storage::Event& event : SampleOfEach()) {
    ++sequence;
    records += RecordOf(event, sequence, sequence / 2);
  }
  SegmentHeader header = SampleSegmentHeader();
  const std::string path = WriteSegment(temp_.path(), header, records);
  EXPECT_EQ(Dump(path), DumpEnd::kClean);
  const std::string experiment = R"("experiment_id":"00000000-0000-7000-8000-000000000001",)";
  const std::string user_1 = R"("user_hash":"157c4a7fb979379e0100000000000000",)";
  const std::string user_2 = R"("user_hash":"2af894fe72f36e3c0200000000000000",)";
  const std::string arm =
      R"("eligible":true,"alpha":1.5,"beta":1e+06,"weight":0.5,"probability_best":)";
  ASSERT_THAT(lines_, SizeIs(8));
  EXPECT_EQ(lines_[0],
            absl::StrCat(R"({"segment":")", path,
                         R"(","journal_id":"4a000000-0000-0000-0000-000000000001",)",
                         R"("database_id":"","first_sequence":1,"previous_last_sequence":0,)",
                         R"("created_at":"2026-11-18T11:06:40.123456Z"})"));
  EXPECT_EQ(lines_[1],
            absl::StrCat(R"({"sequence":1,"type":"version","synced":0,"offset":80,"bytes":)",
                         records.find(RecordOf(SampleOfEach()[1], 2, 1)), ",", experiment,
                         R"("version":1795000000000,"policy":"TOP_TWO_THOMPSON","floor":0.01,)",
                         R"("salt":"000000c8000000000000000000000000","sampler_id":1,"arms":[)",
                         R"({"variant_id":"00000000-0000-0000-0000-000000000001",)", arm,
                         R"(0.25,"allocation":0.25},)",
                         R"({"variant_id":"00000000-0000-0000-0000-000000000002",)", arm,
                         R"(0.75,"allocation":0.75}]})"));
  EXPECT_THAT(lines_[2], StartsWith(R"({"sequence":2,"type":"assignment","synced":1,"offset":)"));
  EXPECT_THAT(lines_[2],
              HasSubstr(absl::StrCat(
                  R"("bytes":81,)", experiment, user_1,
                  R"("variant_index":1,"version":1795000000000,)", R"("propensity":0.75,)",
                  R"("assigned_at":"2026-11-18T11:06:40.123456Z",)", R"("exposed":true})")));
  EXPECT_THAT(lines_[3], HasSubstr(absl::StrCat(experiment, user_2,
                                                R"("variant_index":1,"version":1795000000000,)",
                                                R"("exposed_at":"2026-11-18T11:06:41.123456Z"})")));
  EXPECT_THAT(lines_[4],
              HasSubstr(absl::StrCat(R"("converted_at":"2026-11-18T11:08:10.123456Z",)",
                                     R"("exposed_at":"2026-11-18T11:06:40.123456Z",)",
                                     R"("credited":true,"value":12.5,"event_id":"order-7"})")));
  EXPECT_THAT(lines_[5], HasSubstr(R"("type":"count")"));
  EXPECT_THAT(lines_[5],
              HasSubstr(R"("kind":"DUPLICATE_CONVERSION","at":"2026-11-18T11:06:40.123456Z",)"
                        R"("count":3})"));
  EXPECT_THAT(lines_[6], HasSubstr(R"("type":"erasure")"));
  EXPECT_THAT(lines_[6], HasSubstr(R"("user_hash":")"));
  EXPECT_THAT(lines_[6], HasSubstr(R"("erased_at":"2026-11-18T)"));
  EXPECT_EQ(lines_[7], absl::StrCat(R"({"end":"clean","offset":)",
                                    kSegmentHeaderBytes + records.size(), R"(,"records":6})"));
}

TEST_F(SegmentDumpTest, PrintsWhatIsNotThereAsNullAndNoTextThatATerminalObeys) {
  storage::ConversionEvent conversion = SampleConversion(1);
  conversion.exposed_at = std::nullopt;
  conversion.credited = false;
  conversion.value = std::nullopt;
  conversion.event_id = "\x1b[2J\"\xff";
  Dump(WriteSegment(temp_.path(), SampleSegmentHeader(), RecordOf(conversion, 1)));
  EXPECT_THAT(lines_[1], HasSubstr(R"("exposed_at":null,"credited":false,"value":null,)"
                                   R"("event_id":"\u001b[2J\"\ufffd",)"
                                   R"("event_id_bytes":"1b5b324a22ff"})"));
}

TEST_F(SegmentDumpTest, SaysWhereAndWhyAnEndIsTorn) {
  const std::string records = Records(2);
  for (size_t size = kRecordBytes + 1; size < records.size(); ++size) {
    const std::string path =
        WriteSegment(temp_.path(), SampleSegmentHeader(), records.substr(0, size));
    EXPECT_EQ(Dump(path), DumpEnd::kTorn) << size;
    ASSERT_THAT(lines_, SizeIs(3));
    const bool has_header = size >= kRecordBytes + kRecordHeaderBytes;
    EXPECT_EQ(Last(),
              absl::StrCat(R"({"end":"torn","offset":161,"records":1,"why":")",
                           has_header ? "a record is cut short" : "a record's header is cut short",
                           R"(","bytes":)", size - kRecordBytes, "}"));
  }
}

TEST_F(SegmentDumpTest, TellsDamageFromATornEnd) {
  const std::string records = Records(4);
  const std::string path =
      WriteSegment(temp_.path(), SampleSegmentHeader(), Flipped(records, kRecordBytes + 40));
  // A good record behind says that the damaged one was on the disk.
  EXPECT_EQ(Dump(path), DumpEnd::kDamaged);
  EXPECT_EQ(Last(), absl::StrCat(R"({"end":"damaged","offset":161,"records":1,)",
                                 R"("why":"a record's checksum is wrong","bytes":)",
                                 3 * kRecordBytes, "}"));
  // A directory and a file are judged alike.
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kDamaged);
  // The last record: nothing says that it was.
  WriteSegment(temp_.path(), SampleSegmentHeader(), Flipped(records, records.size() - 1));
  EXPECT_EQ(Dump(path), DumpEnd::kTorn);
}

// The next segment says which record it follows: so it is known whether one is missing here.
TEST_F(SegmentDumpTest, JudgesAnEndByTheNextSegment) {
  const std::string first = WriteSegment(temp_.path(), SampleSegmentHeader(), Records(2) + "torn");
  WriteSegment(temp_.path(), SampleSegmentHeader(3, 2), Records(1, 3));
  EXPECT_EQ(Dump(first), DumpEnd::kTorn);
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kTorn);
  EXPECT_THAT(lines_, SizeIs(7));

  const std::string two = Records(2);
  WriteSegment(temp_.path(), SampleSegmentHeader(), two.substr(0, two.size() - 1));
  EXPECT_EQ(Dump(first), DumpEnd::kDamaged);
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kDamaged);
  EXPECT_THAT(lines_, SizeIs(7));  // one record less, the gap, and all of the next segment
  EXPECT_EQ(lines_[3],
            R"({"gap":"the last good record is 1, and the next segment follows record 2"})");

  WriteFile(temp_.path() + "/" + SegmentFileName(3), "no header");
  EXPECT_EQ(Dump(first), DumpEnd::kDamaged);
}

TEST_F(SegmentDumpTest, SaysWhatIsMissingBetweenSegments) {
  WriteSegment(temp_.path(), SampleSegmentHeader(), Records(2));
  WriteSegment(temp_.path(), SampleSegmentHeader(3, 2), Records(1, 3));
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kClean);
  EXPECT_THAT(lines_, SizeIs(7));

  WriteSegment(temp_.path(), SampleSegmentHeader(6, 5), Records(1, 6));
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kDamaged);
  ASSERT_THAT(lines_, SizeIs(11));
  EXPECT_EQ(lines_[7],
            R"({"gap":"the last good record is 3, and the next segment follows record 5"})");

  SegmentHeader other = SampleSegmentHeader(6, 3);
  other.journal_id = SampleJournalId(2);
  WriteSegment(temp_.path(), other, "");
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kDamaged);
  EXPECT_EQ(lines_[7], R"({"gap":"the next segment is of another journal"})");
}

// The first segment that is kept follows others that were removed: that is no gap.
TEST_F(SegmentDumpTest, BeginsWhereTheJournalBegins) {
  WriteSegment(temp_.path(), SampleSegmentHeader(30, 29), Records(1, 30));
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kClean);
}

TEST_F(SegmentDumpTest, PrintsABadHeaderAsDamage) {
  const std::string path = WriteSegment(temp_.path(), SampleSegmentHeader(), Records(1));
  const std::string whole = ReadFile(path);
  for (size_t at = 0; at < kSegmentHeaderBytes; ++at) {
    WriteFile(path, Flipped(whole, at));
    EXPECT_EQ(Dump(path), DumpEnd::kDamaged) << at;
    ASSERT_THAT(lines_, SizeIs(1));
    EXPECT_THAT(Last(), HasSubstr(R"("end":"damaged","offset":0,"why":")"));
  }
  WriteFile(path, "");
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kDamaged);
}

TEST_F(SegmentDumpTest, PrintsABodyThatIsNoEventAndGoesOn) {
  const std::string path =
      WriteSegment(temp_.path(), SampleSegmentHeader(),
                   RawRecord(2, 1, 0, "\1no event") + RawRecord(77, 2, 0, "newer") + Records(1, 3));
  EXPECT_EQ(Dump(path), DumpEnd::kDamaged);
  ASSERT_THAT(lines_, SizeIs(5));
  EXPECT_THAT(
      lines_[1],
      HasSubstr(R"("type_number":2,"error":"the bytes are not a body of the type assignment")"));
  EXPECT_THAT(lines_[1], HasSubstr(R"("body":"016e6f206576656e74"})"));
  EXPECT_THAT(lines_[2], HasSubstr(R"("type":"unknown",)"));
  EXPECT_THAT(lines_[2], HasSubstr(R"("type_number":77,)"));
  EXPECT_THAT(Last(), HasSubstr(R"("end":"clean")"));
}

TEST_F(SegmentDumpTest, PrintsNothingOfAnEmptyDirectory) {
  EXPECT_EQ(Dump(temp_.path()), DumpEnd::kClean);
  EXPECT_THAT(lines_, ElementsAre());
}

TEST_F(SegmentDumpTest, SaysWhichPathIsNone) {
  const auto print = [](absl::string_view) {};
  const absl::Status missing = DumpJournal(temp_.path() + "/none", print).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("/none"));
  EXPECT_TRUE(absl::IsInvalidArgument(DumpJournal("/dev/null", print).status()));
  EXPECT_EQ(RunDump({}), 2);
  EXPECT_EQ(RunDump({temp_.path() + "/none"}), 2);
}

// A journal that is being written is read as far as it went, and never taken for damaged.
TEST_F(SegmentDumpTest, ReadsAJournalThatIsBeingWritten) {
  auto options = TestJournalOptions(temp_.path());
  options.segment_bytes_max = 64 << 10;
  auto journal = *SegmentJournal::Open(options, IgnoreEvent);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const auto sequence = journal->Append(SampleAssignment(i));
      if (sequence.ok() && i % 16 == 0) (void)journal->WaitSynced(*sequence);
    }
  });
  uint64_t written = 0;
  while (written < 5000) {
    written = journal->written();
    EXPECT_NE(Dump(temp_.path()), DumpEnd::kDamaged) << Last();
    uint64_t records = 0;
    for (const std::string& line : lines_) {
      if (absl::StartsWith(line, "{\"sequence\"")) ++records;
    }
    EXPECT_GE(records, written);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace mab::assignment
