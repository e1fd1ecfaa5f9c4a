#include "assignment/segment_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "assignment/testing/faulty_file.h"
#include "assignment/testing/journal_bytes.h"
#include "assignment/testing/temp_directory.h"

namespace mab::assignment {
namespace {

class SegmentWriterTest : public ::testing::Test {
 protected:
  std::string PathOf(uint64_t first_sequence) const {
    return directory_->SegmentPath(first_sequence);
  }
  bool HasUnfinished() const { return std::filesystem::exists(directory_->UnfinishedPath()); }

  TempDirectory temp_;
  FaultyDisk disk_;
  std::unique_ptr<JournalDirectory> directory_ = *JournalDirectory::Open(temp_.path());
  SegmentWriter writer_{*directory_, disk_.Opener()};
  const std::string header_ = EncodeSegmentHeader(SampleSegmentHeader());
};

TEST_F(SegmentWriterTest, BeginsASegmentWithItsHeaderUnderItsName) {
  EXPECT_EQ(writer_.file(), nullptr);
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_);
  EXPECT_EQ(writer_.size(), kSegmentHeaderBytes);
  EXPECT_NE(writer_.file(), nullptr);
  EXPECT_FALSE(HasUnfinished());
  EXPECT_EQ(disk_.syncs(), 1);  // the header is on the disk before the name is
}

TEST_F(SegmentWriterTest, AppendsAfterWhatIsThere) {
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  ASSERT_TRUE(writer_.Append("one").ok());
  ASSERT_TRUE(writer_.Append("two").ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "onetwo");
  EXPECT_EQ(writer_.size(), kSegmentHeaderBytes + 6);
  EXPECT_TRUE(writer_.Sync().ok());
}

TEST_F(SegmentWriterTest, TakesAFailedWriteBackAndGoesOn) {
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  ASSERT_TRUE(writer_.Append("good").ok());
  disk_.SetRoom(2);
  const absl::Status full = writer_.Append("too much");
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "good");
  disk_.SetRoomForAll();
  ASSERT_TRUE(writer_.Append(" again").ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "good again");
}

TEST_F(SegmentWriterTest, AWriteThatCanNotBeTakenBackIsFinal) {
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  disk_.SetRoom(2);
  disk_.FailTruncates();
  EXPECT_TRUE(absl::IsDataLoss(writer_.Append("too much")));
}

TEST_F(SegmentWriterTest, AFailedSyncIsFinal) {
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  disk_.FailSyncs();
  EXPECT_TRUE(absl::IsDataLoss(writer_.Sync()));
}

TEST_F(SegmentWriterTest, ASegmentThatCanNotBeBegunLeavesTheOneBefore) {
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  for (const uint64_t room : {0, 40, 79}) {
    disk_.SetRoom(room);
    const absl::Status full = writer_.Begin(SampleSegmentHeader(2, 1));
    EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
    EXPECT_FALSE(std::filesystem::exists(PathOf(2)));
    EXPECT_FALSE(HasUnfinished());
  }
  disk_.SetRoomForAll();
  ASSERT_TRUE(writer_.Append("goes on").ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "goes on");
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader(2, 1)).ok());
  EXPECT_EQ(ReadFile(PathOf(2)), EncodeSegmentHeader(SampleSegmentHeader(2, 1)));
}

// Nothing was promised in the new file yet.
TEST_F(SegmentWriterTest, AFailedSyncOfANewSegmentIsNotFinal) {
  disk_.FailSyncs();
  const absl::Status failed = writer_.Begin(SampleSegmentHeader());
  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(absl::IsDataLoss(failed));
  EXPECT_FALSE(std::filesystem::exists(PathOf(1)));
  EXPECT_FALSE(HasUnfinished());
}

TEST_F(SegmentWriterTest, WritesOverWhatAnEarlierStartLeft) {
  WriteFile(directory_->UnfinishedPath(), std::string(500, 'x'));
  ASSERT_TRUE(writer_.Begin(SampleSegmentHeader()).ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_);
}

TEST_F(SegmentWriterTest, ContinuesAfterTheGoodBytesAndCutsTheRest) {
  WriteFile(PathOf(1), header_ + "synced|unsynced|torn");
  const uint64_t synced = kSegmentHeaderBytes + 7;
  const uint64_t good = kSegmentHeaderBytes + 16;
  ASSERT_TRUE(writer_.Continue(PathOf(1), synced, good).ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "synced|unsynced|");
  EXPECT_EQ(writer_.size(), good);
  // The unsynced bytes were written once more, and all of it is on the disk.
  EXPECT_EQ(disk_.writes(), 1);
  EXPECT_EQ(disk_.syncs(), 1);
  ASSERT_TRUE(writer_.Append("next").ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_ + "synced|unsynced|next");
}

TEST_F(SegmentWriterTest, ContinuesASegmentWithoutRecords) {
  WriteFile(PathOf(1), header_);
  ASSERT_TRUE(writer_.Continue(PathOf(1), kSegmentHeaderBytes, kSegmentHeaderBytes).ok());
  EXPECT_EQ(ReadFile(PathOf(1)), header_);
}

TEST_F(SegmentWriterTest, AContinuationThatFailsIsFinal) {
  const std::string bytes = header_ + "good";
  WriteFile(PathOf(1), bytes);
  disk_.SetFull();
  EXPECT_TRUE(absl::IsDataLoss(writer_.Continue(PathOf(1), kSegmentHeaderBytes, bytes.size())));
  disk_.SetRoomForAll();
  disk_.FailSyncs();
  EXPECT_TRUE(absl::IsDataLoss(writer_.Continue(PathOf(1), bytes.size(), bytes.size())));
  disk_.FailTruncates();
  EXPECT_TRUE(absl::IsDataLoss(writer_.Continue(PathOf(1), bytes.size(), bytes.size())));
  EXPECT_EQ(ReadFile(PathOf(1)), bytes);
}

}  // namespace
}  // namespace mab::assignment
