#include "assignment/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "assignment/testing/hot_path.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

using ::testing::ElementsAre;

class BatchTest : public testing::Test {
 protected:
  BatchTest() {
    second_.state = ExperimentState::kDraft;
    path_.SetExperiments({first_, second_, third_});
  }

  HotPath path_;
  SnapshotExperiment first_ = SampleExperiment(1);
  SnapshotExperiment second_ = SampleExperiment(2);
  SnapshotExperiment third_ = SampleExperiment(3, 5);
};

TEST_F(BatchTest, AnswersEachExperimentAndNamesThoseThatFail) {
  const auto batch = AssignBatch(
      path_.assigner, *path_.snapshot,
      {path_.user_key.Hash("ann"), {first_.key, second_.key, "nobody", third_.id_text}, true, {}});
  ASSERT_EQ(batch.answer.assignments.size(), 2u);
  EXPECT_EQ(batch.answer.assignments[0].experiment->key, first_.key);
  EXPECT_EQ(batch.answer.assignments[1].experiment->key, third_.key);
  EXPECT_TRUE(batch.answer.assignments[1].counted);
  ASSERT_EQ(batch.answer.errors.size(), 2u);
  EXPECT_EQ(batch.answer.errors[0].experiment, second_.key);
  EXPECT_EQ(ErrorReason(batch.answer.errors[0].status), kReasonExperimentNotRunning);
  EXPECT_EQ(batch.answer.errors[1].experiment, "nobody");
  EXPECT_EQ(ErrorReason(batch.answer.errors[1].status), kReasonExperimentNotFound);
  // Two versions and two assignments.
  EXPECT_EQ(batch.wait, (JournalWait{4, 0, {2}}));
}

TEST_F(BatchTest, ForcedAnswersAreNotRecorded) {
  const auto batch = AssignBatch(path_.assigner, *path_.snapshot,
                                 {path_.user_key.Hash("ann"),
                                  {first_.key, third_.key},
                                  true,
                                  {{first_.key, "b"}, {third_.key, "zz"}}});
  ASSERT_EQ(batch.answer.assignments.size(), 1u);
  EXPECT_EQ(batch.answer.assignments[0].variant_index, 1u);
  EXPECT_FALSE(batch.answer.assignments[0].counted);
  ASSERT_EQ(batch.answer.errors.size(), 1u);
  EXPECT_EQ(ErrorReason(batch.answer.errors[0].status), kReasonVariantNotFound);
  EXPECT_TRUE(path_.journal.appended().empty());
  EXPECT_EQ(batch.wait, JournalWait{});
}

TEST_F(BatchTest, ExposesEachExperiment) {
  AssignBatch(path_.assigner, *path_.snapshot,
              {path_.user_key.Hash("ann"), {first_.key}, /*expose=*/false, {}});
  path_.clock.Advance(absl::Seconds(2));
  const auto batch = ExposeBatch(path_.exposer, *path_.snapshot,
                                 {path_.user_key.Hash("ann"), {first_.key, third_.key}});
  ASSERT_EQ(batch.answer.exposures.size(), 1u);
  EXPECT_EQ(batch.answer.exposures[0].experiment, first_.key);
  EXPECT_EQ(batch.answer.exposures[0].exposure.exposed_at, SampleTime() + absl::Seconds(2));
  ASSERT_EQ(batch.answer.errors.size(), 1u);
  EXPECT_EQ(ErrorReason(batch.answer.errors[0].status), kReasonAssignmentNotFound);
  EXPECT_EQ(batch.wait, (JournalWait{3, 0}));
}

class AssignAllTest : public testing::Test {
 protected:
  Recorded<AllAssignments> AssignAll(const std::string& user, bool expose = false,
                                     const Caller& caller = {}) {
    return assignment::AssignAll(path_.assigner, *path_.snapshot,
                                 {path_.user_key.Hash(user), expose, caller});
  }
  static std::vector<std::string> KeysOf(const AllAssignments& all) {
    std::vector<std::string> keys;
    for (const Assignment& one : all.assignments) keys.push_back(one.experiment->key);
    return keys;
  }
  static SnapshotExperiment InState(uint8_t number, ExperimentState state) {
    SnapshotExperiment experiment = SampleExperiment(number);
    experiment.state = state;
    if (state == ExperimentState::kCompleted) experiment.winner_index = 1;
    return experiment;
  }

  HotPath path_;
};

TEST_F(AssignAllTest, AnswersWhatIsServedInTheOrderOfTheKeys) {
  path_.SetExperiments({SampleExperiment(7), InState(3, ExperimentState::kPaused),
                        InState(5, ExperimentState::kCompleted), SampleExperiment(1),
                        InState(2, ExperimentState::kDraft),
                        InState(4, ExperimentState::kArchived)});
  const auto all = AssignAll("ann");
  ASSERT_THAT(KeysOf(all.answer),
              ElementsAre("experiment-1", "experiment-3", "experiment-5", "experiment-7"));
  const auto& answers = all.answer.assignments;
  EXPECT_EQ(answers[0].reason, AssignReason::kDrawn);
  EXPECT_EQ(answers[1].reason, AssignReason::kPaused);
  EXPECT_EQ(answers[2].reason, AssignReason::kWinner);
  EXPECT_EQ(answers[2].variant_index, 1u);
  EXPECT_TRUE(all.answer.errors.empty());
  EXPECT_EQ(all.answer.omitted, 0u);
  // Two versions and two assignments.
  EXPECT_EQ(all.wait, (JournalWait{4, 0, {2}}));
}

TEST_F(AssignAllTest, ExposesOnlyWhereItIsAskedTo) {
  path_.SetExperiments({SampleExperiment(1), SampleExperiment(2)});
  for (const Assignment& one : AssignAll("ann").answer.assignments) EXPECT_FALSE(one.counted);
  EXPECT_TRUE(path_.journal.appended_of<storage::ExposureEvent>().empty());
  const auto shown = AssignAll("ann", /*expose=*/true);
  ASSERT_EQ(shown.answer.assignments.size(), 2u);
  for (const Assignment& one : shown.answer.assignments) {
    EXPECT_TRUE(one.counted);
    EXPECT_TRUE(one.returning);
  }
  EXPECT_EQ(path_.journal.appended_of<storage::ExposureEvent>().size(), 2u);
}

TEST_F(AssignAllTest, LeavesOutWhatDoesNotAllowThePage) {
  SnapshotExperiment bound = SampleExperiment(1);
  bound.allowed_origins = {"https://shop.example"};
  path_.SetExperiments({bound, SampleExperiment(2)});
  EXPECT_THAT(KeysOf(AssignAll("ann", false, {.origin = "https://other.example"}).answer),
              ElementsAre("experiment-2"));
  EXPECT_THAT(KeysOf(AssignAll("ann", false, {.origin = "https://shop.example"}).answer),
              ElementsAre("experiment-1", "experiment-2"));
  EXPECT_THAT(KeysOf(AssignAll("ann").answer), ElementsAre("experiment-1", "experiment-2"));
}

TEST_F(AssignAllTest, NamesWhatCanNotBeAnswered) {
  SnapshotExperiment unready = SampleExperiment(1);
  unready.version = nullptr;
  path_.SetExperiments({unready, SampleExperiment(2)});
  const auto all = AssignAll("ann");
  EXPECT_THAT(KeysOf(all.answer), ElementsAre("experiment-2"));
  ASSERT_EQ(all.answer.errors.size(), 1u);
  EXPECT_EQ(all.answer.errors[0].experiment, "experiment-1");
  EXPECT_EQ(ErrorReason(all.answer.errors[0].status), kReasonUnavailable);
}

TEST_F(AssignAllTest, CountsThoseBeyondTheLimit) {
  std::vector<SnapshotExperiment> experiments;
  for (size_t i = 0; i < kAllExperimentsMax + 3; ++i) {
    SnapshotExperiment experiment = SampleExperiment(static_cast<uint8_t>(i % 256));
    experiment.id.uuid.bytes[4] = static_cast<uint8_t>(i / 256);
    experiment.id_text = experiment.id.ToString();
    experiment.key = absl::StrFormat("e-%04d", i);
    experiments.push_back(experiment);
  }
  path_.SetExperiments(experiments);
  const auto all = AssignAll("ann");
  EXPECT_EQ(all.answer.omitted, 3u);
  ASSERT_EQ(all.answer.assignments.size(), kAllExperimentsMax);
  EXPECT_EQ(all.answer.assignments.front().experiment->key, "e-0000");
  EXPECT_EQ(all.answer.assignments.back().experiment->key, "e-0499");
}

}  // namespace
}  // namespace mab::assignment
