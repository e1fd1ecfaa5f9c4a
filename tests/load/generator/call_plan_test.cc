#include "call_plan.h"

#include <gtest/gtest.h>

#include <set>

namespace mab::load {
namespace {

TEST(CallPlanTest, NoNewUserComesTwiceWhoeverAsks) {
  std::set<uint64_t> seen;
  for (uint64_t worker = 0; worker < 3; ++worker) {
    CallPlan plan({.new_first = 1000, .new_percent = 100, .worker = worker, .workers = 3});
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(plan.Next()->user).second);
    EXPECT_EQ(plan.new_users(), 100);
  }
  EXPECT_EQ(*seen.begin(), 1000);
  EXPECT_EQ(*seen.rbegin(), 1299);
}

TEST(CallPlanTest, KnownUsersStayInTheirRange) {
  CallPlan plan({.known_first = 50, .known_count = 10});
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(plan.Next()->user);
  EXPECT_EQ(seen.size(), 10);
  EXPECT_EQ(*seen.begin(), 50);
  EXPECT_EQ(*seen.rbegin(), 59);
}

TEST(CallPlanTest, TheShareOfNewUsersIsThatOfTheAssigns) {
  CallPlan plan({.known_count = 100, .new_first = 1000, .new_percent = 20});
  int fresh = 0;
  for (int i = 0; i < 10000; ++i) fresh += plan.Next()->user >= 1000 ? 1 : 0;
  EXPECT_NEAR(fresh, 2000, 200);  // five standard deviations, and the plan is always the same
}

TEST(CallPlanTest, PreparedUsersConvertOnceAndThenThePlanEnds) {
  CallPlan plan({.convert_percent = 100, .convert_first = 7, .convert_count = 3});
  for (uint64_t user = 7; user < 10; ++user) {
    const std::optional<Call> call = plan.Next();
    ASSERT_TRUE(call.has_value());
    EXPECT_EQ(call->kind, Call::Kind::kConvert);
    EXPECT_EQ(call->user, user);
  }
  EXPECT_FALSE(plan.Next().has_value());
}

TEST(CallPlanTest, ThePlanEndsWithTheLastNewUser) {
  std::set<uint64_t> seen;
  for (uint64_t worker = 0; worker < 2; ++worker) {
    CallPlan plan({.new_percent = 100, .new_count = 5, .worker = worker, .workers = 2});
    while (const std::optional<Call> call = plan.Next()) seen.insert(call->user);
  }
  EXPECT_EQ(seen, (std::set<uint64_t>{0, 1, 2, 3, 4}));
}

TEST(CallPlanTest, NobodyConvertsBeforeHeWasAssigned) {
  CallPlan plan({.new_first = 1000, .new_percent = 50, .convert_percent = 30, .convert_lag = 5});
  std::set<uint64_t> assigned, converted;
  for (int i = 0; i < 1000; ++i) {
    const Call call = *plan.Next();
    if (call.kind == Call::Kind::kAssign) {
      assigned.insert(call.user);
    } else {
      EXPECT_TRUE(assigned.contains(call.user + 4)) << call.user;
      EXPECT_TRUE(converted.insert(call.user).second);
    }
  }
  EXPECT_GT(converted.size(), 100);
}

TEST(CallPlanTest, AUserIsAlwaysOfTheSameExperiment) {
  CallPlan plan({.experiments = 10, .known_count = 100});
  for (int i = 0; i < 100; ++i) {
    const Call call = *plan.Next();
    EXPECT_EQ(call.experiment, call.user % 10);
  }
}

}  // namespace
}  // namespace mab::load
