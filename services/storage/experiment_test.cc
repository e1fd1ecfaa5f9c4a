#include "storage/experiment.h"

#include <gtest/gtest.h>

namespace mab::storage {
namespace {

TEST(ExperimentTest, NamesEveryStateAndReadsItBack) {
  for (const ExperimentState state :
       {ExperimentState::kDraft, ExperimentState::kRunning, ExperimentState::kPaused,
        ExperimentState::kCompleted, ExperimentState::kArchived}) {
    EXPECT_EQ(StateFromName(StateName(state)), state);
  }
  EXPECT_EQ(StateName(ExperimentState::kArchived), "ARCHIVED");
}

TEST(ExperimentTest, NamesEveryPolicyAndReadsItBack) {
  for (const bandit::Policy policy : {bandit::Policy::kThompson, bandit::Policy::kTopTwoThompson,
                                      bandit::Policy::kFixed}) {
    EXPECT_EQ(PolicyFromName(PolicyName(policy)), policy);
  }
  EXPECT_EQ(PolicyName(bandit::Policy::kTopTwoThompson), "TOP_TWO_THOMPSON");
}

TEST(ExperimentDeathTest, CrashesOnANameThatNoStateAndNoPolicyHas) {
  EXPECT_DEATH(StateFromName("running"), "not a state: \"running\"");
  EXPECT_DEATH(PolicyFromName("EPSILON"), "not a policy: \"EPSILON\"");
}

}  // namespace
}  // namespace mab::storage
