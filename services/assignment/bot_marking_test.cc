// What a machine's call does to an experiment: nothing.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "assignment/batch.h"
#include "assignment/testing/hot_path.h"
#include "bandit/draw.h"
#include "common/error.h"
#include "storage/event.h"

namespace mab::assignment {
namespace {

using Kind = storage::CountEvent::Kind;

constexpr Caller kCrawler = {.bot = BotSign::kUserAgent};

class BotMarkingTest : public ::testing::Test {
 protected:
  BotMarkingTest() { Use(experiment_); }

  void Use(const SnapshotExperiment& experiment) { path_.SetExperiments({experiment}); }
  Assignment Assign(const std::string& user, const Caller& caller, bool expose = true) {
    auto result = path_.assigner.Assign(
        *path_.snapshot, {experiment_.key, path_.user_key.Hash(user), expose, caller});
    EXPECT_TRUE(result.ok()) << result.status();
    return result->answer;
  }
  absl::StatusOr<Recorded<Exposure>> Expose(const std::string& user, const Caller& caller) {
    return path_.exposer.Expose(*path_.snapshot,
                                {experiment_.key, path_.user_key.Hash(user), caller});
  }
  // What reached the journal as counts.
  std::map<Kind, uint64_t> Counts() {
    path_.counter.Flush();
    std::map<Kind, uint64_t> counts;
    for (const auto& event : path_.journal.appended_of<storage::CountEvent>()) {
      counts[event.kind] += event.count;
    }
    return counts;
  }
  void ExpectUnrecorded(const Assignment& answer) {
    EXPECT_FALSE(answer.returning);
    EXPECT_FALSE(answer.counted);
    EXPECT_EQ(answer.propensity, 1);
    EXPECT_EQ(answer.version, 0u);
    EXPECT_EQ(answer.assigned_at, std::nullopt);
  }

  HotPath path_;
  SnapshotExperiment experiment_ = SampleExperiment(1, 4);
};

TEST_F(BotMarkingTest, AMachineSeesADrawThatIsNotRecorded) {
  for (int i = 0; i < 100; ++i) {
    const std::string user = absl::StrCat("bot-", i);
    const Assignment answer = Assign(user, kCrawler);
    ExpectUnrecorded(answer);
    EXPECT_EQ(answer.variant_index, bandit::Draw(*experiment_.version, path_.user_key.Hash(user)));
  }
  EXPECT_TRUE(path_.journal.appended().empty()) << "not even the version was drawn from";
  EXPECT_EQ(path_.sticky_map.size(), 0u);
  EXPECT_EQ(Counts(), (std::map<Kind, uint64_t>{{Kind::kBotUserAgent, 100}}));
}

TEST_F(BotMarkingTest, WhoWasMarkedByMistakeIsAdmittedLater) {
  const size_t shown = Assign("ann", {.bot = BotSign::kRate}).variant_index;
  const Assignment admitted = Assign("ann", {});
  EXPECT_TRUE(admitted.counted);
  EXPECT_FALSE(admitted.returning);
  EXPECT_EQ(admitted.variant_index, shown) << "the version is the same";
}

TEST_F(BotMarkingTest, AKnownUserIsAnsweredAsEver) {
  const Assignment first = Assign("ann", {});
  const Assignment again = Assign("ann", kCrawler);
  EXPECT_TRUE(again.returning);
  EXPECT_TRUE(again.counted);
  EXPECT_EQ(again.variant_index, first.variant_index);
  EXPECT_EQ(again.propensity, first.propensity);
  EXPECT_EQ(again.assigned_at, first.assigned_at);
  EXPECT_TRUE(Expose("ann", kCrawler)->answer.exposed_at.has_value());
  EXPECT_TRUE(Counts().empty()) << "nothing was left out";
}

TEST_F(BotMarkingTest, AKnownUserIsNotExposedByAMachine) {
  Assign("ann", {}, /*expose=*/false);
  EXPECT_FALSE(Assign("ann", kCrawler).counted);
  EXPECT_EQ(Expose("ann", {.bot = BotSign::kPrefetch})->answer.exposed_at, std::nullopt);
  EXPECT_TRUE(path_.journal.appended_of<storage::ExposureEvent>().empty());
  EXPECT_EQ(Counts(),
            (std::map<Kind, uint64_t>{{Kind::kBotUserAgent, 1}, {Kind::kBotPrefetch, 1}}));
  EXPECT_TRUE(Expose("ann", {})->answer.exposed_at.has_value());
}

TEST_F(BotMarkingTest, AnUnknownUserOfAMachineHasNothingToExpose) {
  ExpectUnrecorded(Assign("bot", kCrawler, /*expose=*/false));
  EXPECT_TRUE(Counts().empty()) << "an assignment that is not shown would have counted nothing";
  EXPECT_EQ(ErrorReason(Expose("bot", kCrawler).status()), kReasonAssignmentNotFound);
  EXPECT_EQ(Counts(), (std::map<Kind, uint64_t>{{Kind::kBotUserAgent, 1}}));
}

TEST_F(BotMarkingTest, WhatWouldNotHaveCountedIsNotCountedAsAMachines) {
  experiment_.traffic_share = 0;
  Use(experiment_);
  ExpectUnrecorded(Assign("bot", kCrawler));
  EXPECT_FALSE(Expose("bot", kCrawler).ok());
  experiment_.traffic_share = 1;
  experiment_.winner_index = 1;
  for (const auto state : {ExperimentState::kPaused, ExperimentState::kCompleted}) {
    experiment_.state = state;
    Use(experiment_);
    ExpectUnrecorded(Assign("bot", kCrawler));
    EXPECT_FALSE(Expose("bot", kCrawler).ok());
  }
  EXPECT_TRUE(Counts().empty());
}

TEST_F(BotMarkingTest, AConversionCountsWhoeverTellsIt) {
  Assign("ann", {});
  const auto converted = path_.converter.Convert(
      *path_.snapshot, {experiment_.key, path_.user_key.Hash("ann"), {}, "", kCrawler});
  ASSERT_TRUE(converted.ok());
  EXPECT_TRUE(converted->answer.credited);
}

TEST_F(BotMarkingTest, ABatchOfAMachineAdmitsNobodyAnywhere) {
  const SnapshotExperiment second = SampleExperiment(2);
  path_.SetExperiments({experiment_, second});
  const auto batch =
      AssignBatch(path_.assigner, *path_.snapshot,
                  {path_.user_key.Hash("bot"), {experiment_.key, second.key}, true, {}, kCrawler});
  ASSERT_EQ(batch.answer.assignments.size(), 2u);
  for (const Assignment& answer : batch.answer.assignments) ExpectUnrecorded(answer);
  const auto exposed =
      ExposeBatch(path_.exposer, *path_.snapshot,
                  {path_.user_key.Hash("bot"), {experiment_.key, second.key}, kCrawler});
  EXPECT_EQ(exposed.answer.errors.size(), 2u);
  EXPECT_EQ(path_.sticky_map.size(), 0u);
  EXPECT_EQ(Counts(), (std::map<Kind, uint64_t>{{Kind::kBotUserAgent, 4}}));
}

}  // namespace
}  // namespace mab::assignment
