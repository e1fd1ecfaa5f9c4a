#include "assignment/sticky_map.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "assignment/testing/sample_entries.h"

namespace mab::assignment {
namespace {

TEST(StickyMapTest, KeepsWhatTheDecisionLeaves) {
  StickyMap map;
  EXPECT_EQ(
      map.WithEntry(KeyNumber(1), [](std::optional<StickyEntry>& e) { return e.has_value(); }),
      false);
  EXPECT_EQ(map.size(), 0u);
  Put(map, KeyNumber(1), SampleEntry());
  EXPECT_EQ(map.Find(KeyNumber(1)), SampleEntry());
  EXPECT_EQ(map.Find(KeyNumber(2)), std::nullopt);
  map.WithEntry(KeyNumber(1), [](std::optional<StickyEntry>& entry) {
    entry.reset();
    return true;
  });
  EXPECT_EQ(map.size(), 0u);
}

TEST(StickyMapTest, OneUserHasAnEntryInEachExperiment) {
  StickyMap map;
  StickyKey other = KeyNumber(1);
  other.experiment = SampleExperimentId(2);
  Put(map, KeyNumber(1), SampleEntry());
  EXPECT_EQ(map.Find(other), std::nullopt);
}

TEST(StickyMapTest, TakesBackWhatTheRecordPutInAndNothingElse) {
  StickyEntry entry = SampleEntry();
  entry.exposed_at = entry.assigned_at;
  entry.converted_at = entry.assigned_at;
  entry.credited = true;
  entry.assignment_sequence = 5;
  entry.exposure_sequence = 6;
  entry.conversion_sequence = 7;
  StickyMap map;
  Put(map, KeyNumber(1), entry);

  map.TakeBack(KeyNumber(1), 8);
  map.TakeBack(KeyNumber(1), 0);
  map.TakeBack(KeyNumber(2), 5);
  EXPECT_EQ(map.Find(KeyNumber(1)), entry);

  map.TakeBack(KeyNumber(1), 7);
  EXPECT_EQ(map.Find(KeyNumber(1))->converted_at, std::nullopt);
  EXPECT_FALSE(map.Find(KeyNumber(1))->credited);
  EXPECT_TRUE(map.Find(KeyNumber(1))->exposed_at.has_value());
  map.TakeBack(KeyNumber(1), 6);
  EXPECT_EQ(map.Find(KeyNumber(1))->exposed_at, std::nullopt);
  map.TakeBack(KeyNumber(1), 5);
  EXPECT_EQ(map.Find(KeyNumber(1)), std::nullopt);
}

TEST(StickyMapTest, AnErasureRemovesNobodyWhoCameAfterIt) {
  StickyMap map;
  const auto nobody_failed = [](uint64_t) { return true; };
  Put(map, KeyNumber(1), SampleEntry());
  ASSERT_TRUE(map.BeginErasure(KeyNumber(1).user, [] { return uint64_t{5}; }).ok());
  // In another experiment he is new, and on the disk before the erasure is told to the map.
  StickyKey later = KeyNumber(1);
  later.experiment = SampleExperimentId(2);
  StickyEntry entry = SampleEntry();
  entry.assignment_sequence = 6;
  Put(map, later, entry);
  map.Settle(6, nobody_failed);
  map.RemoveUser(KeyNumber(1).user, 5);
  EXPECT_FALSE(map.Find(KeyNumber(1)).has_value());
  EXPECT_EQ(map.Find(later), SampleEntry());
}

TEST(StickyMapTest, WhatIsNotOnTheDiskIsNotSettled) {
  StickyMap map;
  StickyEntry entry = SampleEntry();
  entry.assignment_sequence = 5;
  Put(map, KeyNumber(1), entry);
  map.Settle(4, [](uint64_t) { return true; });
  EXPECT_EQ(map.Find(KeyNumber(1)), entry);
  map.Settle(5, [](uint64_t) { return false; });
  EXPECT_EQ(map.Find(KeyNumber(1)), entry);
  map.Settle(5, [](uint64_t) { return true; });
  EXPECT_EQ(map.Find(KeyNumber(1)), SampleEntry());
}

TEST(StickyMapTest, WhatIsWrittenAboutASettledEntryCanBeTakenBack) {
  StickyMap map;
  Put(map, KeyNumber(1), SampleEntry());
  StickyEntry exposed = SampleEntry();
  exposed.exposed_at = SampleTime();
  exposed.exposure_sequence = 7;
  Put(map, KeyNumber(1), exposed);
  EXPECT_EQ(map.Find(KeyNumber(1)), exposed);
  map.TakeBack(KeyNumber(1), 7);
  EXPECT_EQ(map.Find(KeyNumber(1)), SampleEntry());
}

TEST(StickyMapTest, TellsWhetherThereIsRoomForMore) {
  EXPECT_TRUE(StickyMap().has_room());
  EXPECT_FALSE(StickyMap(1).has_room());
  StickyMap map(StickyMap().memory_bytes() + (64 << 10));
  EXPECT_TRUE(map.has_room());
  uint32_t users = 0;
  for (; map.has_room(); ++users) Put(map, KeyNumber(users), SampleEntry());
  EXPECT_GT(users, 1u);
  EXPECT_LT(users, 100u);  // a page a shard
}

TEST(StickyMapTest, AnExposureAtOnceGoesWithItsAssignment) {
  StickyEntry entry = SampleEntry();
  entry.exposed_at = entry.assigned_at;
  entry.assignment_sequence = 5;
  entry.exposure_sequence = 5;
  StickyMap map;
  Put(map, KeyNumber(1), entry);
  map.TakeBack(KeyNumber(1), 5);
  EXPECT_EQ(map.size(), 0u);
}

TEST(StickyMapTest, DecisionsAboutOneEntryComeOneAfterTheOther) {
  StickyMap map;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (uint32_t i = 0; i < 2000; ++i) {
        map.WithEntry(KeyNumber(i % 7), [](std::optional<StickyEntry>& entry) {
          if (!entry.has_value()) entry.emplace();
          return ++entry->version;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t total = 0;
  map.ForEach([&](const StickyKey&, const StickyEntry& entry) { total += entry.version; });
  EXPECT_EQ(total, 16000u);
}

}  // namespace
}  // namespace mab::assignment
