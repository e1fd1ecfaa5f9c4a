#include "assignment/snapshot_merge.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {
namespace {

using ExperimentPtr = std::shared_ptr<const SnapshotExperiment>;

ExperimentPtr At(uint8_t number, uint64_t revision, uint64_t version, const std::string& key = "") {
  SnapshotExperiment experiment = SampleExperiment(number);
  experiment.revision = revision;
  experiment.version = version == 0 ? nullptr : SampleVersion(experiment, version);
  if (!key.empty()) experiment.key = key;
  return std::make_shared<SnapshotExperiment>(experiment);
}

SnapshotUpdate Update(bool full, std::vector<ExperimentPtr> experiments) {
  SnapshotUpdate update;
  update.full = full;
  update.created_at = SampleTime();
  update.database_id = kSampleDatabaseId;
  update.experiments = std::move(experiments);
  return update;
}

TEST(SnapshotMergeTest, AFullUpdateReplacesTheSet) {
  const auto first = MergeSnapshot(nullptr, Update(true, {At(1, 1, 1), At(2, 1, 1)}));
  EXPECT_EQ(first->by_id.size(), 2u);
  const auto second = MergeSnapshot(first.get(), Update(true, {At(2, 1, 2), At(3, 1, 1)}));
  EXPECT_EQ(second->by_id.size(), 2u);
  EXPECT_EQ(second->Find("experiment-1"), nullptr);
  EXPECT_EQ(second->Find("experiment-2")->version->number, 2u);
  EXPECT_NE(second->Find("experiment-3"), nullptr);
  // The one before is as it was.
  EXPECT_NE(first->Find("experiment-1"), nullptr);
}

TEST(SnapshotMergeTest, TheKeysStayUntilOthersAreTold) {
  const auto keys = [](uint8_t number) {
    return std::make_shared<const CallerKeys>(
        std::vector<CallerKeyPtr>{std::make_shared<const CallerKey>(
            ApiKeyId{SampleExperimentId(number).uuid}, std::string(32, static_cast<char>(number)),
            absl::InfiniteFuture())});
  };
  EXPECT_EQ(MergeSnapshot(nullptr, Update(true, {}))->caller_keys, nullptr);
  SnapshotUpdate update = Update(true, {At(1, 1, 1)});
  update.caller_keys = keys(1);
  const auto first = MergeSnapshot(nullptr, update);
  first->caller_keys->all()[0]->NoteUse(SampleTime());
  for (const bool full : {false, true}) {
    const auto same = MergeSnapshot(first.get(), Update(full, {}));
    EXPECT_TRUE(SameKeys(same->caller_keys.get(), first->caller_keys.get())) << full;
  }
  const auto again = MergeSnapshot(first.get(), update);
  EXPECT_TRUE(again->caller_keys->all()[0]->TakeUse().has_value()) << "its use is forgotten";
  update.caller_keys = keys(2);
  const auto second = MergeSnapshot(first.get(), update);
  EXPECT_TRUE(SameKeys(second->caller_keys.get(), keys(2).get()));
  update.caller_keys = std::make_shared<const CallerKeys>(std::vector<CallerKeyPtr>());
  EXPECT_EQ(MergeSnapshot(second.get(), update)->caller_keys->size(), 0u);
}

TEST(SnapshotMergeTest, ARevokedKeyDoesNotComeBackWithAnOlderList) {
  const auto keys = [](size_t count, int64_t as_of_ms) {
    std::vector<CallerKeyPtr> all;
    for (size_t i = 1; i <= count; ++i) {
      all.push_back(std::make_shared<const CallerKey>(
          ApiKeyId{SampleExperimentId(static_cast<uint8_t>(i)).uuid},
          std::string(32, static_cast<char>(i)), absl::InfiniteFuture()));
    }
    return std::make_shared<const CallerKeys>(all, as_of_ms);
  };
  for (const bool full : {false, true}) {
    SnapshotUpdate update = Update(true, {At(1, 1, 1)});
    update.caller_keys = keys(1, 200);
    const auto known = MergeSnapshot(nullptr, update);
    EXPECT_EQ(known->caller_keys->as_of_ms(), 200);
    const auto after = [&](size_t count, int64_t as_of_ms) {
      SnapshotUpdate later = Update(full, {At(1, 1, 2)});
      later.caller_keys = keys(count, as_of_ms);
      return MergeSnapshot(known.get(), later);
    };
    const auto older = after(2, 199);
    EXPECT_EQ(older->caller_keys, known->caller_keys) << "it is open again";
    EXPECT_EQ(older->Find("experiment-1")->version->number, 2u) << "the rest is news";
    EXPECT_EQ(after(2, 200)->caller_keys->size(), 2u);
    const auto newer = after(0, 201);
    EXPECT_EQ(newer->caller_keys->size(), 0u);
    EXPECT_EQ(newer->caller_keys->as_of_ms(), 201);
    EXPECT_EQ(after(2, 0)->caller_keys->size(), 2u) << "of an admin that does not tell the time";
  }
}

TEST(SnapshotMergeTest, AChangeReplacesByIdAndLeavesTheOthers) {
  const auto first = MergeSnapshot(nullptr, Update(true, {At(1, 1, 1), At(2, 1, 1)}));
  const auto second = MergeSnapshot(first.get(), Update(false, {At(1, 1, 2)}));
  EXPECT_EQ(second->Find("experiment-1")->version->number, 2u);
  EXPECT_EQ(second->Find("experiment-2"), first->Find("experiment-2"));
}

TEST(SnapshotMergeTest, TheNewerStateStaysWhateverCameLast) {
  for (const bool full : {false, true}) {
    const auto known = MergeSnapshot(nullptr, Update(true, {At(1, 5, 50)}));
    const auto number = [&](uint64_t revision, uint64_t version) {
      const auto merged = MergeSnapshot(known.get(), Update(full, {At(1, revision, version)}));
      const auto experiment = merged->Find("experiment-1");
      return std::make_pair(experiment->revision,
                            experiment->version == nullptr ? 0 : experiment->version->number);
    };
    EXPECT_EQ(number(5, 49), std::make_pair(uint64_t{5}, uint64_t{50}));
    EXPECT_EQ(number(4, 60), std::make_pair(uint64_t{5}, uint64_t{50}));
    EXPECT_EQ(number(5, 0), std::make_pair(uint64_t{5}, uint64_t{50}));
    EXPECT_EQ(number(5, 51), std::make_pair(uint64_t{5}, uint64_t{51}));
    EXPECT_EQ(number(6, 1), std::make_pair(uint64_t{6}, uint64_t{1}));
  }
}

TEST(SnapshotMergeTest, WhatHasEndedDoesNotBeginAgain) {
  // Known in `before`; then a database that was set back tells of `after`, which was edited since.
  const auto state = [](bool full, ExperimentState before, ExperimentState after,
                        absl::Duration since_end) {
    SnapshotExperiment ended = SampleExperiment(1);
    ended.state = before;
    if (before == ExperimentState::kCompleted) ended.end_time = SampleTime() - since_end;
    const auto known =
        MergeSnapshot(nullptr, Update(true, {std::make_shared<SnapshotExperiment>(ended)}));
    SnapshotExperiment told = SampleExperiment(1);
    told.revision = ended.revision + 1;
    told.state = after;
    const auto merged =
        MergeSnapshot(known.get(), Update(full, {std::make_shared<SnapshotExperiment>(told)}));
    EXPECT_EQ(merged->by_id.size(), 1u);
    EXPECT_EQ(merged->by_key.size(), 1u);
    return merged->Find("experiment-1")->state;
  };
  using enum ExperimentState;
  const absl::Duration window = absl::Hours(1);
  const absl::Duration closed = window + absl::Microseconds(1);
  for (const bool full : {false, true}) {
    EXPECT_EQ(state(full, kArchived, kRunning, closed), kArchived);
    EXPECT_EQ(state(full, kArchived, kCompleted, closed), kArchived);
    EXPECT_EQ(state(full, kCompleted, kRunning, closed), kCompleted);
    EXPECT_EQ(state(full, kCompleted, kPaused, closed), kCompleted);
    EXPECT_EQ(state(full, kCompleted, kRunning, window), kRunning) << "all users are known";
    EXPECT_EQ(state(full, kCompleted, kArchived, closed), kArchived);
    EXPECT_EQ(state(full, kRunning, kPaused, closed), kPaused);
  }
}

TEST(SnapshotMergeTest, ARefusedExperimentStaysAsItWasKnown) {
  const auto known = MergeSnapshot(nullptr, Update(true, {At(1, 1, 1), At(2, 1, 1)}));
  SnapshotUpdate update = Update(true, {At(2, 1, 1)});
  update.refused = {SampleExperimentId(1), SampleExperimentId(9)};
  const auto merged = MergeSnapshot(known.get(), update);
  EXPECT_EQ(merged->Find("experiment-1"), known->Find("experiment-1"));
  EXPECT_EQ(merged->by_id.size(), 2u);
}

TEST(SnapshotMergeTest, RemovedExperimentsAreGoneAndTheirKeysFree) {
  const auto known = MergeSnapshot(nullptr, Update(true, {At(1, 1, 0, "hero"), At(2, 1, 1)}));
  SnapshotUpdate update = Update(false, {At(3, 1, 0, "hero")});
  update.removed = {SampleExperimentId(1), SampleExperimentId(9)};
  const auto merged = MergeSnapshot(known.get(), update);
  EXPECT_EQ(merged->Find("hero")->id, SampleExperimentId(3));
  EXPECT_EQ(merged->Find(SampleExperimentId(1).ToString()), nullptr);
}

TEST(SnapshotMergeTest, NoTwoExperimentsShareAKey) {
  const auto known = MergeSnapshot(nullptr, Update(true, {At(1, 1, 1, "hero")}));
  const auto merged = MergeSnapshot(known.get(), Update(false, {At(2, 1, 1, "hero")}));
  EXPECT_EQ(merged->Find("hero")->id, SampleExperimentId(1));
  EXPECT_EQ(merged->by_id.size(), 1u);
  const auto full =
      MergeSnapshot(nullptr, Update(true, {At(2, 1, 1, "hero"), At(3, 1, 1, "hero")}));
  EXPECT_EQ(full->by_id.size(), 1u);
  EXPECT_EQ(full->by_key.size(), 1u);
}

}  // namespace
}  // namespace mab::assignment
