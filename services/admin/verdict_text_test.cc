#include "admin/verdict_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

using bandit::VerdictCode;
using storage::ExperimentState;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// The report of the API documentation's example.
class VerdictTextTest : public ::testing::Test {
 protected:
  VerdictTextTest() {
    experiment_.state = ExperimentState::kRunning;
    experiment_.variants[0].name = "Today";
    experiment_.variants[1].name = "Short headline";
    report_.variants.resize(2);
    report_.exposures = 20'000;
    report_.variants[0].exposures = 7990;
    report_.variants[0].conversions = 370;
    report_.variants[0].probability_best = 0.0136;
    report_.variants[0].expected_loss = 0.00696;
    report_.variants[0].pooled.probability_best = 0.0136;
    report_.variants[0].stratified.probability_best = 0.02;
    VariantReport& leader = report_.variants[1];
    leader.exposures = 12'010;
    leader.probability_best = leader.pooled.probability_best = 0.98644;
    leader.stratified.probability_best = 0.98;
    leader.expected_loss = 0.0000152;
    leader.rate = 0.05329;
    leader.mean = 0.06;
    leader.versus_control = bandit::Comparison();
    leader.versus_control->lift_median = 0.1499;
    leader.versus_control->lift = {0.0158, 0.3038};
    report_.verdict.leader = 1;
    report_.verdict.threshold = 0.0005;
  }
  std::string Text(VerdictCode code) {
    report_.verdict.code = code;
    return VerdictText(experiment_, report_);
  }

  storage::Experiment experiment_ = MakeTestExperiment("hero", 2, kNow);
  Report report_;
};

TEST_F(VerdictTextTest, OfAClearLeader) {
  EXPECT_EQ(Text(VerdictCode::kLeaderClear),
            "Short headline is best with probability 98.6 %: it converts 5.33 % of its visitors, "
            "15.0 % more than Today (95 % interval +1.58 % to +30.4 %). Choosing it has an "
            "expected loss of 0.00152 percentage points. Complete the experiment with it.");
}

TEST_F(VerdictTextTest, OfAClearControl) {
  report_.verdict.leader = 0;
  report_.variants[0].probability_best = 0.9999;
  report_.variants[0].rate = 0.25;
  report_.variants[0].expected_loss = 0;
  EXPECT_EQ(Text(VerdictCode::kLeaderClear),
            "Today is best with probability more than 99.9 %: it converts 25.0 % of its visitors. "
            "Choosing it has an expected loss of less than a thousandth of the 0.0500 percentage "
            "points that do not matter. Complete the experiment with it.");
}

TEST_F(VerdictTextTest, OfAControlWithoutConversions) {
  report_.variants[0].conversions = 0;
  EXPECT_NE(Text(VerdictCode::kLeaderClear)
                .find("it converts 5.33 % of its visitors; of Today nobody has converted. "),
            std::string::npos);
}

TEST_F(VerdictTextTest, OfTwoAlikeNoneLeads) {
  report_.variants[0].probability_best = 0.49996;
  report_.variants[1].probability_best = 0.50004;
  report_.value_remaining = 0.042;
  EXPECT_EQ(Text(VerdictCode::kUndecided),
            "No variant leads: Short headline and Today are each best with probability 50.0 %. "
            "Another variant could still convert up to 4.20 % better. Keep running.");
}

TEST_F(VerdictTextTest, OfAWorseLeaderThanTheControl) {
  report_.variants[1].versus_control->lift_median = -0.05;
  report_.variants[1].versus_control->lift = {-0.10, 0.001};
  EXPECT_NE(Text(VerdictCode::kLeaderClear)
                .find("5.00 % less than Today (95 % interval −10.0 % to +0.100 %)"),
            std::string::npos);
}

TEST_F(VerdictTextTest, OfNoDifference) {
  report_.variants[0].expected_loss = 0.0004;
  EXPECT_EQ(Text(VerdictCode::kNoDifference),
            "There is no meaningful difference: whichever variant is chosen, the expected loss is "
            "at most 0.0400 percentage points, and 0.0500 percentage points do not matter. Stop "
            "the experiment, and keep what suits you best.");
}

TEST_F(VerdictTextTest, OfAValueThatIsExhausted) {
  report_.variants[1].probability_best = 0.7;
  report_.value_remaining = 0.0083;
  EXPECT_EQ(Text(VerdictCode::kValueExhausted),
            "Short headline leads: it is best with probability 70.0 %, and with 95 % certainty "
            "no variant converts more than 0.830 % better. Choosing it has an expected loss of "
            "0.00152 percentage points. Complete the experiment with it.");
}

TEST_F(VerdictTextTest, OfTheUndecided) {
  report_.variants[1].probability_best = 0.7;
  report_.value_remaining = 0.042;
  EXPECT_EQ(Text(VerdictCode::kUndecided),
            "Short headline leads: it is best with probability 70.0 %. Another variant could "
            "still convert up to 4.20 % better. Keep running.");
  report_.variants[1].expected_loss = 0.002;
  EXPECT_EQ(Text(VerdictCode::kUndecided),
            "Short headline leads: it is best with probability 70.0 %. Choosing it now has an "
            "expected loss of 0.200 percentage points, more than the 0.0500 percentage points "
            "that do not matter. Keep running.");
}

TEST_F(VerdictTextTest, OfTheEarly) {
  EXPECT_EQ(Text(VerdictCode::kNoData), "Nobody has seen this experiment yet.");
  report_.variants[0].exposures = 43;
  EXPECT_EQ(Text(VerdictCode::kTooEarly),
            "Too early to say: Today has 43 of the 100 exposures that each variant needs first. "
            "Keep running.");
  // Who can't be given to anybody needs no exposures.
  experiment_.policy = bandit::Policy::kFixed;
  experiment_.variants[0].weight = 0;
  EXPECT_THAT(Text(VerdictCode::kTooEarly), ::testing::HasSubstr("Short headline has"));
  experiment_.variants[0].weight = 1;
  EXPECT_EQ(Text(VerdictCode::kWeekIncomplete),
            "Less than a day has been seen: whether the conversion rate moves with the hour can't "
            "be told yet. So far Short headline leads: it is best with probability 98.6 %. Keep "
            "running.");
  report_.swing.relative_swing = 0.31;
  report_.swing.p_value = 1e-9;
  EXPECT_EQ(Text(VerdictCode::kWeekIncomplete),
            "The conversion rate moves by 31.0 % from hour to hour, and less than a week of it has "
            "been seen: a part of a week can mislead. So far Short headline leads: it is best with "
            "probability 98.6 %. Keep running.");
}

TEST_F(VerdictTextTest, OfSuspectDataSaysWhatFailed) {
  report_.health.findings.resize(2);
  report_.health.findings[0].status = HealthStatus::kFailed;
  report_.health.findings[0].text = "This failed.";
  report_.health.findings[1].status = HealthStatus::kWarning;
  report_.health.findings[1].text = "This did not.";
  EXPECT_EQ(Text(VerdictCode::kDataSuspect), "Look at the data first. This failed.");
}

TEST_F(VerdictTextTest, OfOneVariant) {
  EXPECT_EQ(Text(VerdictCode::kNothingToCompare),
            "Only Short headline can be served: there is nothing to compare it with.");
}

TEST_F(VerdictTextTest, BeforeTheStartAndAfterTheEndThereIsNothingToDecide) {
  experiment_.state = ExperimentState::kDraft;
  EXPECT_EQ(Text(VerdictCode::kNoData), "The experiment has not been started.");
  experiment_.state = ExperimentState::kCompleted;
  experiment_.winner_index = 1;
  EXPECT_EQ(Text(VerdictCode::kLeaderClear),
            "Completed: everybody sees Short headline. It is best with probability 98.6 %.");
  report_.exposures = 0;
  EXPECT_EQ(Text(VerdictCode::kNoData), "Completed: everybody sees Short headline.");
}

TEST_F(VerdictTextTest, SaysThatWhatComesLateIsNotKnownYet) {
  report_.conversions = 1010;
  report_.delays.pending = 100;
  report_.delays.ninth_decile_seconds = 50'000;
  report_.span_seconds = 100'000;
  EXPECT_NE(Text(VerdictCode::kLeaderClear).find("Conversions are slow"), std::string::npos);
  report_.span_seconds = 100'001;
  EXPECT_EQ(Text(VerdictCode::kLeaderClear).find("Conversions are slow"), std::string::npos);
  report_.span_seconds = 600;
  report_.delays.ninth_decile_seconds = 599;
  EXPECT_EQ(Text(VerdictCode::kLeaderClear).find("Conversions are slow"), std::string::npos);
}

TEST_F(VerdictTextTest, SaysWhenItComparesWithinHours) {
  report_.basis = Basis::kStratified;
  EXPECT_NE(Text(VerdictCode::kLeaderClear).find("(Compared within hours:"), std::string::npos);
  EXPECT_NE(Text(VerdictCode::kLeaderClear).find("hour for hour it converts 6.00 %"),
            std::string::npos);
}

TEST_F(VerdictTextTest, TheComparisonSaysWhatBothAnswersAre) {
  EXPECT_EQ(ComparisonText(experiment_, report_),
            "By all exposures together Short headline is best with probability 98.6 %, within "
            "hours with 98.0 %: no further apart than by chance.");
  report_.variants[1].stratified.probability_best = 0.9863;
  EXPECT_EQ(ComparisonText(experiment_, report_),
            "All exposures together, and compared within hours, say alike: Short headline is best "
            "with probability 98.6 %.");
  report_.variants[1].stratified.probability_best = 0.98;
  report_.basis = Basis::kStratified;
  EXPECT_EQ(ComparisonText(experiment_, report_),
            "The conversion rate moves with the hour while the variants' shares move too, so that "
            "all exposures together mislead: by them Short headline is best with probability "
            "98.6 %; within hours Short headline is best with probability 98.0 %. All numbers are "
            "those within hours.");
  report_.basis = Basis::kPooled;
  report_.variants[0].stratified.probability_best = 0.99;
  EXPECT_EQ(ComparisonText(experiment_, report_),
            "By all exposures together Short headline is best with probability 98.6 %, within "
            "hours Today is best with probability 99.0 %: they differ, but not by more than "
            "chance.");
  report_.exposures = 0;
  EXPECT_EQ(ComparisonText(experiment_, report_), "Nobody has seen this experiment yet.");
}

}  // namespace
}  // namespace mab::admin
