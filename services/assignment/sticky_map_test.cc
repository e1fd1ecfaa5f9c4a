#include "assignment/sticky_map.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "assignment/sticky_checkpoint.h"
#include "assignment/sticky_history.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/durable_file.h"

namespace mab::assignment {
namespace {

StickyKey KeyNumber(uint32_t number) {
  StickyKey key{SampleExperimentId(1), {}};
  for (size_t i = 0; i < 4; ++i) key.user.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return key;
}

StickyEntry SampleEntry() {
  StickyEntry entry;
  entry.variant_index = 3;
  entry.version = 1000;
  entry.propensity = 0.25;
  entry.assigned_at = SampleTime();
  return entry;
}

void Put(StickyMap& map, const StickyKey& key, const StickyEntry& put) {
  map.WithEntry(key, [&](std::optional<StickyEntry>& entry) {
    entry = put;
    return true;
  });
}

TEST(StickyMapTest, KeepsWhatTheDecisionLeaves) {
  StickyMap map;
  EXPECT_EQ(map.WithEntry(KeyNumber(1), [](std::optional<StickyEntry>& e) { return e.has_value(); }),
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

TEST(StickyHistoryTest, ReplaysAssignmentExposureAndConversion) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  const absl::Time later = SampleTime() + absl::Seconds(5);
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 3, 1000, 0.25, SampleTime(), false},
             map);
  EXPECT_EQ(map.Find(key), SampleEntry());
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, later}, map);
  ApplyEvent(storage::ConversionEvent{key.experiment, key.user, 3, 1000, later, later, true, {}, ""},
             map);
  StickyEntry expected = SampleEntry();
  expected.exposed_at = later;
  expected.converted_at = later;
  expected.credited = true;
  EXPECT_EQ(map.Find(key), expected);
  // Once more: a fact that is there stays.
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 1, 2000, 0.5, later, true}, map);
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, SampleTime()}, map);
  ApplyEvent(
      storage::ConversionEvent{key.experiment, key.user, 3, 1000, SampleTime(), {}, false, {}, ""},
      map);
  ApplyEvent(storage::VersionEvent{}, map);
  ApplyEvent(storage::CountEvent{}, map);
  EXPECT_EQ(map.Find(key), expected);
  EXPECT_EQ(map.size(), 1u);
}

TEST(StickyHistoryTest, AnAssignmentThatWasShownAtOnceIsAnExposure) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 3, 1000, 0.25, SampleTime(), true},
             map);
  EXPECT_EQ(map.Find(key)->exposed_at, SampleTime());
}

TEST(StickyHistoryTest, WhatTheJournalKnowsAlreadyIsJoinedByTheDatabasesRow) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  const absl::Time later = SampleTime() + absl::Seconds(5);
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, later}, map);
  storage::StoredAssignment stored;
  stored.experiment_id = key.experiment;
  stored.user = key.user;
  stored.variant_index = 3;
  stored.version = 1000;
  stored.propensity = 0.25;
  stored.assigned_at = SampleTime();
  stored.converted_at = later;
  ApplyStored(stored, map);
  StickyEntry expected = SampleEntry();
  expected.exposed_at = later;
  expected.converted_at = later;
  EXPECT_EQ(map.Find(key), expected);
}

TEST(StickyCheckpointTest, ReadsBackWhatWasWritten) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  EXPECT_FALSE(*LoadStickyCheckpoint(path, map));
  // More than one chunk.
  for (uint32_t i = 0; i < 30000; ++i) {
    StickyEntry entry = SampleEntry();
    entry.variant_index = static_cast<uint16_t>(i % 100);
    if (i % 2 == 0) entry.exposed_at = SampleTime() + absl::Microseconds(i);
    if (i % 3 == 0) entry.converted_at = SampleTime() + absl::Seconds(i);
    entry.credited = i % 6 == 0;
    Put(map, KeyNumber(i), entry);
  }
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  StickyMap read;
  ASSERT_TRUE(*LoadStickyCheckpoint(path, read));
  EXPECT_EQ(read.size(), map.size());
  map.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
    EXPECT_EQ(read.Find(key), entry);
  });
}

TEST(StickyCheckpointTest, LeavesOutWhatTheJournalOfThisRunHas) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  StickyEntry fresh = SampleEntry();
  fresh.assignment_sequence = 9;
  Put(map, KeyNumber(1), fresh);
  StickyEntry known = SampleEntry();
  known.exposed_at = SampleTime();
  known.exposure_sequence = 10;
  known.converted_at = SampleTime();
  known.credited = true;
  known.conversion_sequence = 11;
  Put(map, KeyNumber(2), known);
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  StickyMap read;
  ASSERT_TRUE(*LoadStickyCheckpoint(path, read));
  EXPECT_EQ(read.size(), 1u);
  EXPECT_EQ(read.Find(KeyNumber(2)), SampleEntry());
}

TEST(StickyCheckpointTest, ADamagedFileAddsNothing) {
  TempDirectory directory;
  const std::string path = directory.path() + "/checkpoint";
  StickyMap map;
  for (uint32_t i = 0; i < 50; ++i) Put(map, KeyNumber(i), SampleEntry());
  ASSERT_TRUE(WriteStickyCheckpoint(map, path).ok());
  const std::string good = **ReadFile(path, 1 << 20);
  std::vector<std::string> damaged = {"", "x", good.substr(0, good.size() - 1), good + "x",
                                      good.substr(0, good.size() - 75)};
  for (size_t at = 0; at < good.size(); at += 97) {
    damaged.push_back(good);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x10);
  }
  for (const std::string& bytes : damaged) {
    ASSERT_TRUE(WriteFileDurably(path, bytes).ok());
    StickyMap read;
    EXPECT_TRUE(absl::IsDataLoss(LoadStickyCheckpoint(path, read).status()));
    EXPECT_EQ(read.size(), 0u);
  }
}

}  // namespace
}  // namespace mab::assignment
