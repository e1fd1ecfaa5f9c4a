#include "assignment/sticky_history.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assignment/assigner.h"
#include "assignment/converter.h"
#include "assignment/duplicate_counter.h"
#include "assignment/entry_recorder.h"
#include "assignment/exposer.h"
#include "assignment/segment_journal.h"
#include "assignment/testing/faulty_file.h"
#include "assignment/testing/sample_entries.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "assignment/user_key.h"
#include "assignment/version_recorder.h"
#include "common/clock.h"
#include "storage/assignment_store.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

TEST(StickyHistoryTest, ReplaysAssignmentExposureAndConversion) {
  StickyMap map;
  const StickyKey key = KeyNumber(1);
  const absl::Time later = SampleTime() + absl::Seconds(5);
  ApplyEvent(storage::AssignmentEvent{key.experiment, key.user, 3, 1000, 0.25, SampleTime(), false},
             map);
  EXPECT_EQ(map.Find(key), SampleEntry());
  ApplyEvent(storage::ExposureEvent{key.experiment, key.user, 3, 1000, later}, map);
  ApplyEvent(
      storage::ConversionEvent{key.experiment, key.user, 3, 1000, later, later, true, {}, ""}, map);
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

// Everything that a run leaves behind: what it held in memory is what the next one replays.
TEST(StickyHistoryTest, AReplayGivesTheMapOfTheRunBeforeWhateverItsDiskDid) {
  TempDirectory directory;
  FaultyDisk disk;
  SegmentJournal::Options options = TestJournalOptions(directory.path() + "/journal");
  options.open_file = disk.Opener();
  options.segment_bytes_max = 4096;
  const auto snapshot = SampleSnapshot({SampleExperiment(1), SampleExperiment(2, 5)});
  const UserKey user_key(std::string(16, 'k'));
  const SystemClock clock;
  StickyMap before;
  before.MarkComplete();
  {
    auto journal = SegmentJournal::Open(options, IgnoreEvent);
    ASSERT_TRUE(journal.ok()) << journal.status();
    EntryRecorder recorder(journal->get(), &before, &clock, JournalSync::kConversions);
    VersionRecorder versions(journal->get());
    DuplicateCounter duplicates(journal->get(), &clock);
    Assigner assigner(&recorder, &versions);
    Exposer exposer(&recorder);
    Converter converter(&recorder, &duplicates);
    std::atomic<bool> done = false;
    std::thread faults([&] {
      while (!done) {
        disk.SetRoom(300);
        std::this_thread::yield();
        disk.SetRoomForAll();
        std::this_thread::yield();
      }
      disk.SetRoomForAll();
    });
    std::vector<std::thread> visitors;
    for (int t = 0; t < 4; ++t) {
      visitors.emplace_back([&, t] {
        for (int i = 0; i < 2000; ++i) {
          const bandit::UserHash user = user_key.Hash(absl::StrCat("user-", (i * 7 + t) % 500));
          const std::string experiment = i % 2 == 0 ? "experiment-1" : "experiment-2";
          (void)assigner.Assign(*snapshot, {experiment, user, i % 3 == 0});
          (void)exposer.Expose(*snapshot, {experiment, user});
          if (i % 5 == 0) (void)converter.Convert(*snapshot, {experiment, user, {}, ""});
        }
      });
    }
    for (std::thread& visitor : visitors) visitor.join();
    done = true;
    faults.join();
    (*journal)->Stop();
  }
  StickyMap after;
  auto journal = SegmentJournal::Open(options, [&](const storage::SequencedEvent& event) {
    ApplyEvent(event.event, after);
    return absl::OkStatus();
  });
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_GT(after.size(), 0u);
  EXPECT_EQ(after.size(), before.size());
  before.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
    StickyEntry expected = entry;
    expected.assignment_sequence = 0;
    expected.exposure_sequence = 0;
    expected.conversion_sequence = 0;
    EXPECT_EQ(after.Find(key), expected);
  });
}

}  // namespace
}  // namespace mab::assignment
