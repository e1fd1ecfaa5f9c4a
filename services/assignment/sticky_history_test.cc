#include "assignment/sticky_history.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "assignment/assigner.h"
#include "assignment/converter.h"
#include "assignment/entry_recorder.h"
#include "assignment/event_counter.h"
#include "assignment/exposer.h"
#include "assignment/segment_journal.h"
#include "assignment/testing/faulty_file.h"
#include "assignment/testing/sample_entries.h"
#include "assignment/testing/sample_snapshot.h"
#include "assignment/testing/temp_directory.h"
#include "assignment/testing/test_journal.h"
#include "assignment/version_recorder.h"
#include "common/clock.h"
#include "storage/assignment_store.h"
#include "storage/event.h"
#include "storage/user_key.h"

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

// A run with its threads of visitors on a disk that is full every now and then.
class FaultyRun {
 public:
  FaultyRun(SegmentJournal::Options options, StickyMap* map)
      : map_(map), journal_(OpenOn(disk_, std::move(options))) {
    map->MarkComplete();
  }

  void Visit(int threads) {
    std::vector<std::thread> visitors;
    for (int t = 0; t < threads; ++t) {
      visitors.emplace_back([this, t] {
        for (int i = 0; i < 1000; ++i) VisitOnce(t, i);
      });
    }
    for (std::thread& visitor : visitors) visitor.join();
    disk_.SetRoomForAll();
    journal_->Stop();
  }

  // The variants of all answers that were given, by KeyText.
  std::map<std::string, std::set<size_t>> told() {
    absl::MutexLock lock(&mutex_);
    return told_;
  }
  static std::string KeyText(const StickyKey& key) {
    return absl::StrCat(key.experiment.uuid.AsBytes(), key.user.AsBytes());
  }

 private:
  static std::unique_ptr<SegmentJournal> OpenOn(FaultyDisk& disk, SegmentJournal::Options options) {
    options.open_file = disk.Opener();
    return *SegmentJournal::Open(std::move(options), IgnoreEvent);
  }

  void VisitOnce(int thread, int i) {
    if (thread == 0 && i % 40 == 0) disk_.SetRoom(500);
    if (thread == 0 && i % 40 == 20) disk_.SetRoomForAll();
    const StickyKey key{SampleExperimentId(i % 2 == 0 ? 1 : 2),
                        user_key_.Hash(absl::StrCat("user-", (i * 7 + thread) % 300))};
    const std::string experiment = key.experiment.ToString();
    const auto assigned = assigner_.Assign(*snapshot_, {experiment, key.user, i % 3 == 0});
    if (assigned.ok() && journal_->WaitWritten(assigned->wait.written).ok()) {
      absl::MutexLock lock(&mutex_);
      told_[KeyText(key)].insert(assigned->answer.variant_index);
    }
    (void)exposer_.Expose(*snapshot_, {experiment, key.user});
    if (i % 5 == 0) (void)converter_.Convert(*snapshot_, {experiment, key.user, {}, ""});
  }

  StickyMap* const map_;
  FaultyDisk disk_;
  std::unique_ptr<SegmentJournal> journal_;
  const std::shared_ptr<const Snapshot> snapshot_ =
      SampleSnapshot({SampleExperiment(1), SampleExperiment(2, 5)});
  const storage::UserKey user_key_{std::string(16, 'k')};
  const SystemClock clock_;
  EntryRecorder recorder_{journal_.get(), map_, &clock_, JournalSync::kConversions};
  VersionRecorder versions_{journal_.get()};
  Metrics metrics_;
  EventCounter counter_{journal_.get(), &clock_, metrics_};
  Assigner assigner_{&recorder_, &versions_, &counter_};
  Exposer exposer_{&recorder_, &counter_};
  Converter converter_{&recorder_, &counter_};
  absl::Mutex mutex_;
  std::map<std::string, std::set<size_t>> told_ ABSL_GUARDED_BY(mutex_);
};

TEST(StickyHistoryTest, AReplayGivesTheMapOfTheRunBeforeWhateverItsDiskDid) {
  TempDirectory directory;
  SegmentJournal::Options options = TestJournalOptions(directory.path() + "/journal");
  options.segment_bytes_max = 4096;
  StickyMap before;
  std::map<std::string, std::set<size_t>> told;
  {
    FaultyRun run(options, &before);
    run.Visit(/*threads=*/4);
    told = run.told();
  }
  StickyMap after;
  const auto journal = SegmentJournal::Open(options, [&](const storage::SequencedEvent& event) {
    ApplyEvent(event.event, after);
    return absl::OkStatus();
  });
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_GT(after.size(), 100u);
  EXPECT_EQ(after.size(), before.size());
  before.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
    StickyEntry expected = entry;
    expected.assignment_sequence = 0;
    expected.exposure_sequence = 0;
    expected.conversion_sequence = 0;
    EXPECT_EQ(after.Find(key), expected);
  });
  std::map<std::string, std::set<size_t>> kept;
  after.ForEach([&](const StickyKey& key, const StickyEntry& entry) {
    kept[FaultyRun::KeyText(key)].insert(entry.variant_index);
  });
  for (const auto& [key, variants] : told) EXPECT_EQ(kept[key], variants);
}

}  // namespace
}  // namespace mab::assignment
