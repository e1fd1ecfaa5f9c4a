#include "assignment/batch.h"

#include <gtest/gtest.h>

#include "assignment/testing/hot_path.h"
#include "common/error.h"

namespace mab::assignment {
namespace {

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

}  // namespace
}  // namespace mab::assignment
