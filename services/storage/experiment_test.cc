#include "storage/experiment.h"

#include <gtest/gtest.h>

#include <string>

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
  for (const bandit::Policy policy :
       {bandit::Policy::kThompson, bandit::Policy::kTopTwoThompson, bandit::Policy::kFixed}) {
    EXPECT_EQ(PolicyFromName(PolicyName(policy)), policy);
  }
  EXPECT_EQ(PolicyName(bandit::Policy::kTopTwoThompson), "TOP_TWO_THOMPSON");
}

TEST(ExperimentTest, KnowsKeys) {
  EXPECT_TRUE(IsKey("a"));
  EXPECT_TRUE(IsKey("az-09_"));
  EXPECT_TRUE(IsKey(std::string(64, 'a')));
  EXPECT_FALSE(IsKey(""));
  EXPECT_FALSE(IsKey(std::string(65, 'a')));
  EXPECT_FALSE(IsKey("A"));
  EXPECT_FALSE(IsKey("a b"));
  EXPECT_FALSE(IsKey("a.b"));
  EXPECT_FALSE(IsKey("ä"));
  EXPECT_FALSE(IsKey(absl::string_view("a\0", 2)));
}

TEST(ExperimentDeathTest, CrashesOnANameThatNoStateAndNoPolicyHas) {
  EXPECT_DEATH(StateFromName("running"), "not a state: \"running\"");
  EXPECT_DEATH(PolicyFromName("EPSILON"), "not a policy: \"EPSILON\"");
}

}  // namespace
}  // namespace mab::storage
