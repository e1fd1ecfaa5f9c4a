#include "bandit/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mab::bandit {
namespace {

// Every border is tested with the value on it and the next double beyond it.
double Below(double value) { return std::nextafter(value, -1.0); }
double Above(double value) { return std::nextafter(value, 2.0); }

// Undecided: B leads, but not clearly, and A could still cost more than anybody cares about.
VerdictInput Undecided() {
  VerdictInput input;
  input.arms = {{.exposures = 1000, .probability_best = 0.2, .expected_loss = 0.01, .mean = 0.05},
                {.exposures = 1000, .probability_best = 0.8, .expected_loss = 0.001, .mean = 0.06}};
  input.value_remaining = 0.05;
  input.threshold_of_caring = 0.0005;
  input.minimum_exposures = 100;
  input.span_seconds = 10 * 86400;
  return input;
}

VerdictInput Clear() {
  VerdictInput input = Undecided();
  input.arms[0].probability_best = 0.02;
  input.arms[1].probability_best = 0.98;
  input.arms[1].expected_loss = 1e-5;
  return input;
}

VerdictCode CodeOf(const VerdictInput& input) { return DecideVerdict(input).code; }

TEST(VerdictTest, KeepsRunningWhileUndecided) {
  const Verdict verdict = DecideVerdict(Undecided());
  EXPECT_EQ(verdict.code, VerdictCode::kUndecided);
  EXPECT_EQ(verdict.recommendation, Recommendation::kKeepRunning);
  EXPECT_EQ(verdict.leader, 1u);
  EXPECT_EQ(verdict.winner, std::nullopt);
  EXPECT_EQ(verdict.threshold, 0.0005);
}

TEST(VerdictTest, CompletesWithAClearLeader) {
  const Verdict verdict = DecideVerdict(Clear());
  EXPECT_EQ(verdict.code, VerdictCode::kLeaderClear);
  EXPECT_EQ(verdict.recommendation, Recommendation::kComplete);
  EXPECT_EQ(verdict.winner, 1u);
}

TEST(VerdictTest, AClearLeaderHasNineteenInTwentyAndLosesNoMoreThanTheThreshold) {
  VerdictInput input = Clear();
  input.arms[1].probability_best = 0.95;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
  input.arms[1].probability_best = Below(0.95);
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);

  input = Clear();
  input.arms[1].expected_loss = 0.0005;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
  input.arms[1].expected_loss = Above(0.0005);
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);
}

TEST(VerdictTest, StopsWhereNoArmLosesMoreThanTheThreshold) {
  VerdictInput input = Undecided();
  input.arms[0].expected_loss = input.arms[1].expected_loss = 0.0005;
  const Verdict verdict = DecideVerdict(input);
  EXPECT_EQ(verdict.code, VerdictCode::kNoDifference);
  EXPECT_EQ(verdict.recommendation, Recommendation::kStop);
  EXPECT_EQ(verdict.winner, std::nullopt);
  input.arms[0].expected_loss = Above(0.0005);
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);
}

TEST(VerdictTest, CompletesWhereLittleIsLeftToGain) {
  VerdictInput input = Undecided();
  input.arms[1].expected_loss = 0.0005;
  input.value_remaining = Below(0.01);
  const Verdict verdict = DecideVerdict(input);
  EXPECT_EQ(verdict.code, VerdictCode::kValueExhausted);
  EXPECT_EQ(verdict.recommendation, Recommendation::kComplete);
  EXPECT_EQ(verdict.winner, 1u);
  input.value_remaining = 0.01;
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);
  input.value_remaining = Below(0.01);
  input.arms[1].expected_loss = Above(0.0005);
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);
}

TEST(VerdictTest, WaitsForTheMinimumOfEveryEnabledArm) {
  VerdictInput input = Clear();
  input.arms[0].exposures = 100;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
  input.arms[0].exposures = 99;
  EXPECT_EQ(CodeOf(input), VerdictCode::kTooEarly);
  EXPECT_EQ(DecideVerdict(input).recommendation, Recommendation::kKeepRunning);
  input.arms.push_back(input.arms[0]);
  input.arms[0].exposures = 100;
  input.arms[2].enabled = false;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear) << "a disabled arm gets no more";
}

// Without a floor an arm that is out of the race gets no more exposures.
TEST(VerdictTest, DoesNotWaitForAnArmThatIsOutOfTheRace) {
  VerdictInput input = Clear();
  input.arms[0].exposures = 99;
  input.arms[0].probability_best = 0.001;
  EXPECT_EQ(CodeOf(input), VerdictCode::kTooEarly);
  input.arms[0].probability_best = Below(0.001);
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
}

TEST(VerdictTest, WaitsForADayAndForAWeekWhereTheRateSwings) {
  VerdictInput input = Clear();
  input.span_seconds = 86400;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
  input.span_seconds = 86399;
  EXPECT_EQ(CodeOf(input), VerdictCode::kWeekIncomplete);
  input.rate_swings = true;
  input.span_seconds = 7 * 86400 - 1;
  EXPECT_EQ(CodeOf(input), VerdictCode::kWeekIncomplete);
  EXPECT_EQ(DecideVerdict(input).recommendation, Recommendation::kKeepRunning);
  input.span_seconds = 7 * 86400;
  EXPECT_EQ(CodeOf(input), VerdictCode::kLeaderClear);
}

TEST(VerdictTest, SuspectDataComesBeforeAnyConclusion) {
  VerdictInput input = Clear();
  input.data_suspect = true;
  EXPECT_EQ(CodeOf(input), VerdictCode::kDataSuspect);
  EXPECT_EQ(DecideVerdict(input).recommendation, Recommendation::kCheckData);
  input.arms[0].exposures = 1;
  EXPECT_EQ(CodeOf(input), VerdictCode::kDataSuspect);
}

TEST(VerdictTest, SaysThatThereIsNothingYet) {
  VerdictInput input = Clear();
  input.data_suspect = true;
  for (VerdictArm& arm : input.arms) arm.exposures = 0;
  EXPECT_EQ(CodeOf(input), VerdictCode::kNoData);
  input.arms[1].exposures = 1;
  EXPECT_EQ(CodeOf(input), VerdictCode::kDataSuspect);
}

TEST(VerdictTest, OneEnabledArmHasNothingToBeComparedWith) {
  VerdictInput input = Clear();
  input.arms[0].enabled = false;
  const Verdict verdict = DecideVerdict(input);
  EXPECT_EQ(verdict.code, VerdictCode::kNothingToCompare);
  EXPECT_EQ(verdict.recommendation, Recommendation::kStop);
  EXPECT_EQ(verdict.leader, 1u);
}

// At a rate of 1e-4 the default threshold is five times the rate: every arm would be alike at once.
TEST(VerdictTest, AThresholdIsNeverMoreThanATenthOfTheLeadersRate) {
  VerdictInput input = Undecided();
  input.arms[0].mean = 1e-4;
  input.arms[1].mean = 1.2e-4;
  input.arms[0].expected_loss = 2e-5;
  input.arms[1].expected_loss = 1e-6;
  EXPECT_EQ(CodeOf(input), VerdictCode::kUndecided);
  EXPECT_DOUBLE_EQ(DecideVerdict(input).threshold, 1.2e-5);
  input.arms[0].expected_loss = 1.2e-5;
  EXPECT_EQ(CodeOf(input), VerdictCode::kNoDifference);
}

TEST(VerdictTest, TheLeaderIsTheFirstOfEqualsAndNeverADisabledArm) {
  EXPECT_EQ(LeaderOf({{.probability_best = 0.5}, {.probability_best = 0.5}}), 0u);
  EXPECT_EQ(LeaderOf({{.enabled = false, .probability_best = 0}, {.probability_best = 0}}), 1u);
}

}  // namespace
}  // namespace mab::bandit
