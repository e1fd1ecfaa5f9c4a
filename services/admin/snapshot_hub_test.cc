#include "admin/snapshot_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

PublishedExperiment Make(ExperimentId id, uint64_t revision) {
  auto experiment = std::make_shared<storage::Experiment>();
  experiment->id = id;
  experiment->revision = revision;
  return PublishedExperiment{.experiment = std::move(experiment), .version = nullptr};
}

class SnapshotHubTest : public ::testing::Test {
 protected:
  void Publish(SnapshotChange change) { hub_.Publish(kNow, "database", std::move(change)); }
  void PublishKeys(size_t count) {
    const storage::CallerKey key{ApiKeyId{a_.uuid}, std::string(32, 'h'), std::nullopt};
    hub_.PublishKeys("database", {.keys = {count, key}, .as_of = kNow});
  }
  void Put(ExperimentId id, uint64_t revision) {
    Publish({.changed = {Make(id, revision)}, .removed = {}});
  }
  void Remove(ExperimentId id) { Publish({.changed = {}, .removed = {id}}); }
  bool HasNews(const SnapshotHub::Cursor& cursor) {
    return hub_.WaitForChange(cursor, absl::ZeroDuration()) == SnapshotHub::Wait::kChanged;
  }
  static std::vector<uint64_t> Revisions(const SnapshotUpdate& update) {
    std::vector<uint64_t> revisions;
    for (const PublishedExperiment& published : update.change.changed) {
      revisions.push_back(published.experiment->revision);
    }
    return revisions;
  }

  SnapshotHub hub_;
  const ExperimentId a_{Uuid::NewV7(kNow)};
  const ExperimentId b_{Uuid::NewV7(kNow)};
};

TEST_F(SnapshotHubTest, TellsOfTheKeysOnceAndAllOfThemWhereItBeginsAfresh) {
  SnapshotHub::Cursor cursor;
  Publish({});
  EXPECT_EQ(hub_.Collect(cursor).caller_keys, nullptr) << "they are not known yet";
  PublishKeys(0);
  ASSERT_TRUE(HasNews(cursor)) << "that there are none is news";
  EXPECT_THAT(hub_.Collect(cursor).caller_keys->keys, IsEmpty());
  Put(a_, 1);
  EXPECT_EQ(hub_.Collect(cursor).caller_keys, nullptr);
  PublishKeys(2);
  EXPECT_THAT(hub_.Collect(cursor).caller_keys->keys, SizeIs(2));
  SnapshotHub::Cursor late;
  const SnapshotUpdate update = hub_.Collect(late);
  EXPECT_TRUE(update.full);
  EXPECT_THAT(update.caller_keys->keys, SizeIs(2));
  EXPECT_FALSE(HasNews(cursor));
}

TEST_F(SnapshotHubTest, TellsOfTheKeysBeforeTheExperimentsAreKnown) {
  SnapshotHub::Cursor cursor;
  PublishKeys(1);
  ASSERT_TRUE(HasNews(cursor));
  const SnapshotUpdate early = hub_.Collect(cursor);
  EXPECT_FALSE(early.full) << "it says that there are no experiments";
  EXPECT_EQ(early.database_id, "database");
  EXPECT_THAT(early.caller_keys->keys, SizeIs(1));
  EXPECT_FALSE(HasNews(cursor));
  Put(a_, 1);
  ASSERT_TRUE(HasNews(cursor));
  const SnapshotUpdate whole = hub_.Collect(cursor);
  EXPECT_TRUE(whole.full);
  EXPECT_THAT(Revisions(whole), ElementsAre(1));
  EXPECT_THAT(whole.caller_keys->keys, SizeIs(1)) << "whoever knew nothing had no use for them";
}

TEST_F(SnapshotHubTest, HasNothingToSayBeforeTheFirstSnapshot) {
  SnapshotHub::Cursor cursor;
  EXPECT_EQ(hub_.WaitForChange(cursor, absl::ZeroDuration()), SnapshotHub::Wait::kTimeout);
  Publish({});
  EXPECT_TRUE(HasNews(cursor)) << "no experiments is a snapshot as well";
  const SnapshotUpdate update = hub_.Collect(cursor);
  EXPECT_TRUE(update.full);
  EXPECT_EQ(update.database_id, "database");
  EXPECT_EQ(update.as_of, kNow);
  EXPECT_THAT(update.change.changed, IsEmpty());
}

TEST_F(SnapshotHubTest, TellsEverythingFirstAndThenWhatChanged) {
  Put(a_, 1);
  Put(b_, 2);
  SnapshotHub::Cursor cursor;
  const SnapshotUpdate full = hub_.Collect(cursor);
  EXPECT_TRUE(full.full);
  EXPECT_THAT(Revisions(full), UnorderedElementsAre(1, 2));
  EXPECT_FALSE(HasNews(cursor));

  Put(b_, 3);
  EXPECT_TRUE(HasNews(cursor));
  const SnapshotUpdate delta = hub_.Collect(cursor);
  EXPECT_FALSE(delta.full);
  EXPECT_THAT(Revisions(delta), ElementsAre(3));
  EXPECT_FALSE(HasNews(cursor));
}

TEST_F(SnapshotHubTest, ARefreshWithoutChangesIsNoNewsButItsTimeIsToldLater) {
  Put(a_, 1);
  SnapshotHub::Cursor cursor;
  hub_.Collect(cursor);
  hub_.Publish(kNow + absl::Seconds(1), "database", {});
  EXPECT_FALSE(HasNews(cursor));
  const SnapshotUpdate heartbeat = hub_.Collect(cursor);
  EXPECT_FALSE(heartbeat.full);
  EXPECT_EQ(heartbeat.as_of, kNow + absl::Seconds(1));
  EXPECT_THAT(heartbeat.change.changed, IsEmpty());
}

TEST_F(SnapshotHubTest, ASlowWatcherFindsTheLatestStateOnce) {
  Put(a_, 1);
  SnapshotHub::Cursor slow;
  hub_.Collect(slow);
  for (uint64_t revision = 2; revision <= 1000; ++revision) Put(a_, revision);
  Put(b_, 7);
  Remove(b_);
  const SnapshotUpdate update = hub_.Collect(slow);
  EXPECT_THAT(Revisions(update), ElementsAre(1000));
  EXPECT_THAT(update.change.removed, ElementsAre(b_));
}

TEST_F(SnapshotHubTest, ForgetsARemovedExperimentForThoseWhoNeverHeardOfIt) {
  Put(a_, 1);
  Remove(a_);
  EXPECT_EQ(hub_.size(), 0u);
  SnapshotHub::Cursor cursor;
  const SnapshotUpdate full = hub_.Collect(cursor);
  EXPECT_TRUE(full.full);
  EXPECT_THAT(full.change.changed, IsEmpty());
  EXPECT_THAT(full.change.removed, IsEmpty());

  Put(a_, 2);  // it is back
  EXPECT_EQ(hub_.size(), 1u);
  EXPECT_THAT(Revisions(hub_.Collect(cursor)), ElementsAre(2));
}

TEST_F(SnapshotHubTest, StartsAfreshWhereTooMuchWasRemoved) {
  Put(a_, 1);
  SnapshotHub::Cursor slow;
  hub_.Collect(slow);
  SnapshotChange made, removed;
  for (size_t i = 0; i <= SnapshotHub::kRemovedMax; ++i) {
    const ExperimentId id{Uuid::NewV7(kNow)};
    made.changed.push_back(Make(id, 1));
    removed.removed.push_back(id);
  }
  Publish(std::move(made));
  Publish(std::move(removed));
  EXPECT_EQ(hub_.size(), 1u);
  EXPECT_TRUE(HasNews(slow));
  const SnapshotUpdate update = hub_.Collect(slow);
  EXPECT_TRUE(update.full);
  EXPECT_THAT(update.change.changed, SizeIs(1));
  EXPECT_THAT(update.change.removed, IsEmpty());
}

TEST_F(SnapshotHubTest, WakesAWatcherThatWaits) {
  Put(a_, 1);
  SnapshotHub::Cursor cursor;
  hub_.Collect(cursor);
  std::thread watcher([&] {
    EXPECT_EQ(hub_.WaitForChange(cursor, absl::InfiniteDuration()), SnapshotHub::Wait::kChanged);
  });
  Put(a_, 2);
  watcher.join();
}

TEST_F(SnapshotHubTest, CloseEndsAllWaiting) {
  SnapshotHub::Cursor cursor;
  std::thread watcher([&] {
    EXPECT_EQ(hub_.WaitForChange(cursor, absl::InfiniteDuration()), SnapshotHub::Wait::kClosed);
  });
  hub_.Close();
  watcher.join();
  Put(a_, 1);
  EXPECT_EQ(hub_.WaitForChange(cursor, absl::ZeroDuration()), SnapshotHub::Wait::kClosed);
}

}  // namespace
}  // namespace mab::admin
