#include "admin/data_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class DataHealthTest : public ::testing::Test {
 protected:
  // An hour of two variants: exposures, expected exposures and conversions of each.
  void AddHour(int hours_ago, std::vector<double> exposures, std::vector<double> expected,
               std::vector<double> conversions) {
    hours_.push_back({.start = kNow - absl::Hours(hours_ago),
                      .exposures = exposures,
                      .expected = std::move(expected),
                      .conversions = std::move(conversions),
                      .trials = exposures});
  }
  void AddSoundHours(int first_hours_ago, int last_hours_ago, double conversions = 50) {
    for (int hour = first_hours_ago; hour >= last_hours_ago; --hour) {
      AddHour(hour, {1000, 1000}, {1000, 1000}, {conversions, conversions});
    }
  }
  DataHealth Check() { return CheckDataHealth(experiment_, hours_, counts_, kNow); }
  HealthFinding Find(HealthCode code) {
    for (const HealthFinding& finding : Check().findings) {
      if (finding.code == code) return finding;
    }
    ADD_FAILURE() << "no such check";
    return {};
  }

  storage::Experiment experiment_ = MakeTestExperiment("hero", 2, kNow);
  std::vector<HourlyEvidence> hours_;
  storage::ExperimentEventCounts counts_;
};

TEST_F(DataHealthTest, NoDataAreSound) {
  const DataHealth health = Check();
  EXPECT_EQ(health.status, HealthStatus::kOk);
  EXPECT_EQ(health.findings.size(), 8u);
  for (const HealthFinding& finding : health.findings) {
    EXPECT_EQ(finding.p_value, std::nullopt);
    EXPECT_FALSE(finding.text.empty());
  }
}

TEST_F(DataHealthTest, SoundDataAreSound) {
  AddSoundHours(200, 0);
  EXPECT_EQ(Check().status, HealthStatus::kOk);
  EXPECT_GT(Find(HealthCode::kSampleRatio).p_value, 0.1);
  EXPECT_GT(Find(HealthCode::kRateJump).p_value, 0.1);
}

TEST_F(DataHealthTest, AVariantThatLosesExposuresFails) {
  for (int hour = 40; hour > 0; --hour) AddHour(hour, {1000, 900}, {950, 950}, {50, 45});
  const HealthFinding finding = Find(HealthCode::kSampleRatio);
  EXPECT_EQ(finding.status, HealthStatus::kFailed);
  EXPECT_LT(finding.p_value, 0.001);
  EXPECT_THAT(finding.text, HasSubstr("instead of about 38,000"));
  EXPECT_EQ(Check().status, HealthStatus::kFailed);
}

// Unequal shares are no fault where unequal shares were drawn.
TEST_F(DataHealthTest, MovingSharesAreSound) {
  for (int hour = 40; hour > 0; --hour) {
    const double share = 100.0 * hour;
    AddHour(hour, {share, 5000 - share}, {share, 5000 - share}, {5, 5});
  }
  EXPECT_EQ(Find(HealthCode::kSampleRatio).status, HealthStatus::kOk);
}

// An hour is long while an experiment is young.
TEST_F(DataHealthTest, AVariantThatHardlyShowsFailsWithinTheFirstHour) {
  AddHour(0, {400, 800}, {600, 600}, {20, 40});
  EXPECT_EQ(Find(HealthCode::kSampleRatio).status, HealthStatus::kFailed);
}

TEST_F(DataHealthTest, ARateThatJumpsFails) {
  AddSoundHours(24 * 9, 25);
  AddSoundHours(23, 0, /*conversions=*/75);
  const HealthFinding finding = Find(HealthCode::kRateJump);
  EXPECT_EQ(finding.status, HealthStatus::kFailed);
  EXPECT_NEAR(finding.value, 0.5, 0.05);
  EXPECT_THAT(finding.text, HasSubstr("of all variants has jumped"));
}

TEST_F(DataHealthTest, NamesTheVariantWhoseRateJumped) {
  AddSoundHours(24 * 9, 25);
  for (int hour = 23; hour >= 0; --hour) AddHour(hour, {1000, 10}, {1000, 10}, {50, 4});
  EXPECT_THAT(Find(HealthCode::kRateJump).text, HasSubstr(experiment_.variants[1].name));
}

// Every seventh day is one of 75 conversions an hour, and the last day is one of them.
TEST_F(DataHealthTest, TheRhythmOfAWeekIsAWarningAtMost) {
  for (int day = 15; day > 0; --day) {
    AddSoundHours(24 * day - 1, 24 * day - 24, /*conversions=*/day % 7 == 1 ? 75 : 50);
  }
  const HealthFinding finding = Find(HealthCode::kRateJump);
  EXPECT_EQ(finding.status, HealthStatus::kWarning);
  EXPECT_THAT(finding.text, HasSubstr("the rhythm of the week"));
}

TEST_F(DataHealthTest, AJumpWithinTheFirstWeekIsAWarning) {
  AddSoundHours(24 * 4, 24);
  AddSoundHours(23, 0, /*conversions=*/75);
  EXPECT_EQ(Find(HealthCode::kRateJump).status, HealthStatus::kWarning);
}

TEST_F(DataHealthTest, SaysThatNobodyWasExposedWithinTheLastDay) {
  AddSoundHours(24 * 4, 30);
  EXPECT_THAT(Find(HealthCode::kRateJump).text, HasSubstr("Nobody was exposed"));
}

TEST_F(DataHealthTest, SaysThatTheFirstDayHasNothingBeforeIt) {
  AddSoundHours(23, 0);
  const HealthFinding finding = Find(HealthCode::kRateJump);
  EXPECT_EQ(finding.status, HealthStatus::kOk);
  EXPECT_EQ(finding.p_value, std::nullopt);
  EXPECT_THAT(finding.text, HasSubstr("no whole day yet"));
}

TEST_F(DataHealthTest, WarnsWhereNobodyHasConvertedAtAll) {
  AddHour(2, {500, 499}, {500, 499}, {0, 0});
  EXPECT_EQ(Find(HealthCode::kNoConversions).status, HealthStatus::kOk);
  AddHour(1, {0, 1}, {0.5, 0.5}, {0, 0});
  EXPECT_EQ(Find(HealthCode::kNoConversions).status, HealthStatus::kWarning);
  AddHour(0, {1, 1}, {1, 1}, {1, 0});
  EXPECT_EQ(Find(HealthCode::kNoConversions).status, HealthStatus::kOk);
}

TEST_F(DataHealthTest, NamesTheOneVariantThatBroke) {
  AddSoundHours(24 * 9, 25);
  for (int hour = 23; hour >= 0; --hour) AddHour(hour, {1000, 1000}, {1000, 1000}, {50, 0});
  EXPECT_THAT(Find(HealthCode::kRateJump).text,
              HasSubstr("of " + experiment_.variants[1].name + " has jumped"));
}

TEST_F(DataHealthTest, NamesWhatMachinesWouldHaveCounted) {
  AddSoundHours(10, 1);
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kOk);
  EXPECT_EQ(Find(HealthCode::kBots).value, 0);
  counts_.bots_by_user_agent.recent = 1200;
  counts_.bots_by_prefetch.recent = 1;
  const HealthFinding finding = Find(HealthCode::kBots);
  EXPECT_EQ(finding.status, HealthStatus::kOk);
  EXPECT_NEAR(finding.value, 1201.0 / 21201.0, 1e-12);
  EXPECT_THAT(finding.text,
              HasSubstr("Since yesterday 1,201 calls were left out as machines' (5.66 % of"));
  EXPECT_THAT(finding.text, HasSubstr("1,200 that say so themselves, 1 of pages"));
}

TEST_F(DataHealthTest, WarnsWhereMostCallsWereTakenForMachines) {
  AddSoundHours(10, 1);  // 20,000 exposures
  counts_.bots_by_rate.recent = 20'000;
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kOk);
  counts_.bots_by_rate.recent = 20'001;
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kWarning);
  EXPECT_THAT(Find(HealthCode::kBots).text, HasSubstr("MAB_TRUSTED_HOPS"));
  counts_ = {};
  counts_.bots_by_user_agent.recent = 30'000;
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kWarning);
  EXPECT_THAT(Find(HealthCode::kBots).text, testing::Not(HasSubstr("MAB_TRUSTED_HOPS")));
  hours_.clear();
  counts_.bots_by_user_agent.recent = 999;
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kOk) << "too few to say";
  counts_.bots_by_user_agent.recent = 1000;
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kWarning);
}

TEST_F(DataHealthTest, NoticesMachinesOfTodayBehindYearsOfPeople) {
  AddSoundHours(24 * 30, 20);
  counts_.bots_by_rate = {.all = 100'000, .recent = 0};
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kOk) << "that was, and is mended";
  EXPECT_EQ(Find(HealthCode::kBots).value, 0);
  counts_.bots_by_rate = {.all = 100'000, .recent = 100'000};
  EXPECT_EQ(Find(HealthCode::kBots).status, HealthStatus::kWarning);
}

TEST_F(DataHealthTest, ConflictsWarnAndManyFail) {
  AddSoundHours(10, 1);
  counts_.conflicts.all = 1;
  EXPECT_EQ(Find(HealthCode::kConflicts).status, HealthStatus::kWarning);
  EXPECT_EQ(Check().status, HealthStatus::kWarning);
  counts_.conflicts.all = 19;
  EXPECT_EQ(Find(HealthCode::kConflicts).status, HealthStatus::kWarning);
  counts_.conflicts.all = 20;
  EXPECT_EQ(Find(HealthCode::kConflicts).status, HealthStatus::kFailed);
}

TEST_F(DataHealthTest, WarnsOfManyConversionsThatDoNotCount) {
  struct Case {
    HealthCode code;
    storage::EventCount storage::ExperimentEventCounts::*count;
    uint64_t most_that_is_sound;
  };
  AddSoundHours(10, 1);  // 1,000 credited conversions
  for (const Case& c :
       {Case{HealthCode::kDuplicateConversions,
             &storage::ExperimentEventCounts::duplicate_conversions, 249},
        Case{HealthCode::kLateConversions, &storage::ExperimentEventCounts::late_conversions, 111},
        Case{HealthCode::kNeverExposed, &storage::ExperimentEventCounts::uncredited_conversions,
             111}}) {
    (counts_.*c.count).all = c.most_that_is_sound;
    EXPECT_EQ(Find(c.code).status, HealthStatus::kOk);
    (counts_.*c.count).all = c.most_that_is_sound + 1;
    EXPECT_EQ(Find(c.code).status, HealthStatus::kWarning);
    counts_ = {};
  }
  hours_.clear();
  counts_.late_conversions.all = 19;
  EXPECT_EQ(Find(HealthCode::kLateConversions).status, HealthStatus::kOk) << "too few to say";
  counts_.late_conversions.all = 20;
  EXPECT_EQ(Find(HealthCode::kLateConversions).status, HealthStatus::kWarning);
}

}  // namespace
}  // namespace mab::admin
