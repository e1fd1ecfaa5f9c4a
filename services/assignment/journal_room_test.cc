#include "assignment/journal_room.h"

#include <gtest/gtest.h>

#include "common/error.h"

namespace mab::assignment {
namespace {

TEST(JournalRoomTest, TheBufferHasALimit) {
  JournalRoom room({.buffer_max = 100}, 0);
  EXPECT_TRUE(room.Check(100).ok());
  EXPECT_EQ(ErrorReason(room.Check(101)), kReasonOverloaded);
  room.Buffered(60);
  EXPECT_TRUE(room.Check(40).ok());
  EXPECT_EQ(ErrorReason(room.Check(41)), kReasonOverloaded);
  room.Written(60);
  EXPECT_TRUE(room.Check(100).ok());
  room.Buffered(100);
  room.ForgetBuffered();
  EXPECT_TRUE(room.Check(100).ok());
  EXPECT_EQ(room.on_disk(), 60u);
  EXPECT_EQ(room.written(), 60u);
}

TEST(JournalRoomTest, AllSegmentsHaveALimit) {
  JournalRoom room({.buffer_max = 1000, .journal_max = 500}, 300);
  EXPECT_TRUE(room.Check(200).ok());
  EXPECT_EQ(ErrorReason(room.Check(201)), kReasonJournalFull);
  room.Buffered(120);
  room.SegmentBegun(80);
  EXPECT_TRUE(room.Check(0).ok());
  EXPECT_EQ(ErrorReason(room.Check(1)), kReasonJournalFull);
  room.Removed(50);
  EXPECT_TRUE(room.Check(50).ok());
  EXPECT_EQ(room.on_disk(), 330u);
}

TEST(JournalRoomTest, TheDiskKeepsWhatMustStayFree) {
  JournalRoom room({.buffer_max = 1000, .disk_free_min = 500}, 0);
  EXPECT_FALSE(room.disk_is_short());  // nobody has looked yet
  EXPECT_TRUE(room.Check(1000).ok());
  room.ObserveDisk(600);
  EXPECT_TRUE(room.Check(100).ok());
  EXPECT_EQ(ErrorReason(room.Check(101)), kReasonJournalFull);
  // Between two looks it counts what it writes.
  room.Buffered(100);
  room.Written(100);
  EXPECT_EQ(ErrorReason(room.Check(1)), kReasonJournalFull);
  EXPECT_TRUE(room.disk_is_short());
  room.ObserveDisk(501);
  EXPECT_TRUE(room.Check(1).ok());
  room.ObserveDisk(0);
  EXPECT_TRUE(room.disk_is_short());
}

TEST(JournalRoomTest, WithoutLimitsThereIsRoom) {
  JournalRoom room({.buffer_max = UINT64_MAX}, 1 << 30);
  room.ObserveDisk(0);
  EXPECT_TRUE(room.Check(1 << 30).ok());
  EXPECT_FALSE(room.disk_is_short());
}

}  // namespace
}  // namespace mab::assignment
