#include "admin/experiment_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using storage::Experiment;
using storage::ExperimentState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::HasSubstr;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(status)) fields.push_back(violation.field);
  return fields;
}

VariantChange Keyed(std::string key) {
  VariantChange variant;
  variant.key = std::move(key);
  return variant;
}

VariantChange Named(std::string key, std::string name) {
  VariantChange variant = Keyed(std::move(key));
  variant.name = std::move(name);
  return variant;
}

VariantChange Control(std::string key) {
  VariantChange variant = Keyed(std::move(key));
  variant.is_control = true;
  return variant;
}

ExperimentChange WithVariants(std::vector<VariantChange> variants) {
  ExperimentChange change;
  change.variants = std::move(variants);
  return change;
}

ExperimentChange NewOne(std::vector<VariantChange> variants) {
  ExperimentChange change = WithVariants(std::move(variants));
  change.name = "Hero title";
  return change;
}

std::vector<std::string> KeysOf(const Experiment& experiment) {
  std::vector<std::string> keys;
  for (const storage::Variant& variant : experiment.variants) {
    keys.push_back(absl::StrCat(variant.key, variant.is_control ? "*" : ""));
  }
  return keys;
}

// a (control), b and c, each with an id, a name, a payload and a weight of its own.
Experiment MakeExperiment(ExperimentState state) {
  Experiment experiment;
  experiment.state = state;
  experiment.key = "hero";
  experiment.name = "Hero";
  for (uint8_t i = 0; i < 3; ++i) {
    storage::Variant variant;
    variant.id.uuid.bytes[0] = static_cast<uint8_t>(i + 1);
    variant.key = std::string(1, static_cast<char>('a' + i));
    variant.name = absl::StrCat("Name ", i);
    variant.is_control = i == 0;
    variant.payload_json = absl::StrCat(i);
    variant.weight = i + 0.5;
    experiment.variants.push_back(variant);
  }
  return experiment;
}

TEST(NewExperimentTest, NeedsOnlyANameAndTwoVariants) {
  const auto made = NewExperiment(NewOne({VariantChange(), VariantChange()}));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->state, ExperimentState::kDraft);
  EXPECT_EQ(made->key, "");
  EXPECT_EQ(made->policy, bandit::Policy::kThompson);
  EXPECT_EQ(made->floor, 0.01);
  EXPECT_EQ(made->burn_in_exposures, 0u);
  EXPECT_EQ(made->traffic_share, 1);
  EXPECT_EQ(made->prior, (bandit::Posterior{1, 1}));
  EXPECT_EQ(made->conversion_window_seconds, 604'800u);
  EXPECT_EQ(made->threshold_of_caring, 0.0005);
  EXPECT_EQ(made->minimum_exposures, 100u);
  EXPECT_THAT(made->allowed_origins, IsEmpty());
  EXPECT_THAT(KeysOf(*made), ElementsAre("a*", "b"));
  EXPECT_EQ(made->variants[1].name, "b");
  EXPECT_EQ(made->variants[1].payload_json, "null");
  EXPECT_EQ(made->variants[1].weight, 1);
  EXPECT_FALSE(made->variants[1].disabled);
  EXPECT_TRUE(made->variants[1].id.uuid.IsNil());
}

TEST(NewExperimentTest, TakesAllThatIsGiven) {
  ExperimentChange change = NewOne({Control("x"), Named("y", "Why")});
  change.key = "own-key";
  change.description = "text";
  change.policy = bandit::Policy::kTopTwoThompson;
  change.floor = 0.5;
  change.burn_in_exposures = 7;
  change.traffic_share = 0.25;
  change.prior_alpha = 2;
  change.prior_beta = 30;
  change.conversion_window_seconds = 60;
  change.threshold_of_caring = 0.01;
  change.minimum_exposures = 0;
  change.allowed_origins = {"HTTPS://Shop.example:443", "http://localhost:8080"};
  (*change.variants)[1].payload_json = R"({"k":1})";
  (*change.variants)[1].weight = 3;
  const auto made = NewExperiment(change);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->key, "own-key");
  EXPECT_EQ(made->description, "text");
  EXPECT_EQ(made->policy, bandit::Policy::kTopTwoThompson);
  EXPECT_EQ(made->floor, 0.5);
  EXPECT_EQ(made->burn_in_exposures, 7u);
  EXPECT_EQ(made->traffic_share, 0.25);
  EXPECT_EQ(made->prior, (bandit::Posterior{2, 30}));
  EXPECT_EQ(made->conversion_window_seconds, 60u);
  EXPECT_EQ(made->threshold_of_caring, 0.01);
  EXPECT_EQ(made->minimum_exposures, 0u);
  EXPECT_THAT(made->allowed_origins, ElementsAre("https://shop.example", "http://localhost:8080"));
  EXPECT_EQ(made->variants[1].name, "Why");
  EXPECT_EQ(made->variants[1].payload_json, R"({"k":1})");
  EXPECT_EQ(made->variants[1].weight, 3);
}

TEST(NewExperimentTest, ManyVariantsGetALowerFloorAndLetterKeys) {
  const auto made = NewExperiment(NewOne(std::vector<VariantChange>(100)));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->floor, 0.001);
  EXPECT_EQ(made->variants[25].key, "z");
  EXPECT_EQ(made->variants[26].key, "aa");
  EXPECT_EQ(made->variants[99].key, "cv");
}

TEST(NewExperimentTest, AKeyByPositionStepsAsideForOneThatIsGiven) {
  const auto made =
      NewExperiment(NewOne({VariantChange(), VariantChange(), Keyed("b"), VariantChange()}));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(KeysOf(*made), ElementsAre("a*", "c", "b", "d"));
}

TEST(NewExperimentTest, TheControlIsTheOneThatSaysSo) {
  const auto made = NewExperiment(NewOne({Keyed("a"), Control("b")}));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(KeysOf(*made), ElementsAre("a", "b*"));
  EXPECT_THAT(FieldsOf(NewExperiment(NewOne({Control("a"), Control("b")})).status()),
              ElementsAre("variants[1].is_control"));
}

TEST(NewExperimentTest, ReportsEveryViolationAtOnce) {
  EXPECT_THAT(FieldsOf(NewExperiment(ExperimentChange()).status()),
              ElementsAre("name", "variants"));
  ExperimentChange change = WithVariants({Keyed("same"), Keyed("same"), Keyed("BAD")});
  change.malformed.Add("variants[0].payload", "must hold only finite numbers");
  change.floor = 0.34;
  change.prior_alpha = 0;
  EXPECT_THAT(FieldsOf(NewExperiment(change).status()),
              ElementsAre("variants[0].payload", "prior.alpha", "variants[2].key", "name",
                          "variants[1].key", "floor"));
}

TEST(NewExperimentTest, SaysOnceThatThereAreTooFewOrTooManyVariants) {
  EXPECT_THAT(FieldsOf(NewExperiment(NewOne({Keyed("a")})).status()), ElementsAre("variants"));
  EXPECT_THAT(FieldsOf(NewExperiment(NewOne(std::vector<VariantChange>(1000))).status()),
              ElementsAre("variants"));
  ExperimentChange wide = NewOne({Keyed("a"), Keyed("b")});
  wide.floor = 5;
  EXPECT_THAT(FieldsOf(NewExperiment(wide).status()), ElementsAre("floor"));
}

TEST(ApplyChangeTest, LeavesAloneWhatIsNotNamed) {
  for (const ExperimentState state : {ExperimentState::kDraft, ExperimentState::kArchived}) {
    const Experiment before = MakeExperiment(state);
    const auto after = ApplyChange(before, ExperimentChange());
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_TRUE(*after == before);
  }
}

TEST(ApplyChangeTest, InADraftTheListMergesByKeyAndMayAdd) {
  const Experiment before = MakeExperiment(ExperimentState::kDraft);
  const auto after = ApplyChange(before, WithVariants({Named("b", "New name"), Keyed("new")}));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(KeysOf(*after), ElementsAre("a*", "b", "c", "new"));
  Experiment expected = before;
  expected.variants[1].name = "New name";
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(after->variants[i] == expected.variants[i]) << i;
  EXPECT_TRUE(after->variants[3].id.uuid.IsNil());
  EXPECT_TRUE(ApplyChange(before, WithVariants({})).ok());
}

TEST(ApplyChangeTest, InADraftVariantsAreTakenOutByKey) {
  const Experiment before = MakeExperiment(ExperimentState::kDraft);
  ExperimentChange change;
  change.remove_variants = {"a"};
  EXPECT_THAT(KeysOf(*ApplyChange(before, change)), ElementsAre("b*", "c"));
  change = WithVariants({Keyed("d")});
  change.remove_variants = {"b", "c"};
  EXPECT_THAT(KeysOf(*ApplyChange(before, change)), ElementsAre("a*", "d"));
}

TEST(ApplyChangeTest, InADraftTheControlMayMove) {
  const Experiment before = MakeExperiment(ExperimentState::kDraft);
  EXPECT_THAT(KeysOf(*ApplyChange(before, WithVariants({Control("b")}))),
              ElementsAre("a", "b*", "c"));
  EXPECT_THAT(
      FieldsOf(
          ApplyChange(before, WithVariants({Control("a"), Control("b"), Control("c")})).status()),
      ElementsAre("variants[1].is_control", "variants[2].is_control"));
}

TEST(ApplyChangeTest, InADraftTheVariantsKeepTheRules) {
  const Experiment before = MakeExperiment(ExperimentState::kDraft);
  EXPECT_THAT(FieldsOf(ApplyChange(before, WithVariants({Keyed("a"), Keyed("a")})).status()),
              ElementsAre("variants[1].key"));
  ExperimentChange change;
  change.remove_variants = {"a", "b"};
  EXPECT_THAT(FieldsOf(ApplyChange(before, change).status()), ElementsAre("variants"));
  change.remove_variants = {"a", "nope", "a"};
  EXPECT_THAT(FieldsOf(ApplyChange(before, change).status()),
              ElementsAre("remove_variants[1]", "remove_variants[2]"));
}

TEST(ApplyChangeTest, AfterTheStartNoVariantIsTakenOut) {
  ExperimentChange change;
  change.remove_variants = {"b"};
  const absl::Status removed =
      ApplyChange(MakeExperiment(ExperimentState::kRunning), change).status();
  EXPECT_EQ(ErrorReason(removed), kReasonFailedPrecondition);
  EXPECT_THAT(std::string(removed.message()), HasSubstr("the set of variants"));
}

TEST(ApplyChangeTest, AfterTheStartVariantsMergeByKey) {
  const Experiment before = MakeExperiment(ExperimentState::kRunning);
  VariantChange change = Named("c", "New name");
  change.payload_json = R"("new")";
  change.weight = 9;
  const auto after = ApplyChange(before, WithVariants({change}));
  ASSERT_TRUE(after.ok()) << after.status();
  Experiment expected = before;
  expected.variants[2].name = "New name";
  expected.variants[2].payload_json = R"("new")";
  expected.variants[2].weight = 9;
  EXPECT_TRUE(*after == expected);
  // In any order, and without a word on the rest.
  const auto reordered = ApplyChange(before, WithVariants({Keyed("b"), Keyed("a")}));
  ASSERT_TRUE(reordered.ok()) << reordered.status();
  EXPECT_TRUE(*reordered == before);
  EXPECT_TRUE(ApplyChange(before, WithVariants({})).ok());
}

TEST(ApplyChangeTest, AfterTheStartNoVariantIsAddedAndTheControlStays) {
  const Experiment before = MakeExperiment(ExperimentState::kPaused);
  const absl::Status added = ApplyChange(before, WithVariants({Keyed("d")})).status();
  EXPECT_EQ(ErrorReason(added), kReasonFailedPrecondition);
  EXPECT_THAT(std::string(added.message()), HasSubstr("the set of variants"));
  const absl::Status moved = ApplyChange(before, WithVariants({Control("b")})).status();
  EXPECT_EQ(ErrorReason(moved), kReasonFailedPrecondition);
  EXPECT_THAT(std::string(moved.message()), HasSubstr("the control"));
  EXPECT_TRUE(ApplyChange(before, WithVariants({Control("a")})).ok());
}

TEST(ApplyChangeTest, AfterTheStartEachEntryNamesAVariantOnce) {
  const Experiment before = MakeExperiment(ExperimentState::kRunning);
  EXPECT_THAT(
      FieldsOf(
          ApplyChange(before, WithVariants({Keyed("a"), VariantChange(), Keyed("a")})).status()),
      ElementsAre("variants[1].key", "variants[2].key"));
}

TEST(ApplyChangeTest, ViolationsNameThePositionInTheRequest) {
  const Experiment before = MakeExperiment(ExperimentState::kRunning);
  EXPECT_THAT(FieldsOf(ApplyChange(before, WithVariants({Named("c", "")})).status()),
              ElementsAre("variants[0].name"));
}

TEST(ApplyChangeTest, AFloorThatGetsItsDefaultAgainFollowsTheVariants) {
  Experiment before = MakeExperiment(ExperimentState::kDraft);
  before.floor = 0.3;
  ExperimentChange change;
  change.default_floor = true;
  EXPECT_EQ(ApplyChange(before, change)->floor, 0.01);
  change.variants.emplace();
  for (int i = 0; i < 17; ++i) change.variants->push_back(Keyed("new" + std::to_string(i)));
  EXPECT_EQ(ApplyChange(before, change)->floor, 0.005);
}

TEST(ApplyChangeTest, TheFloorIsCheckedAgainstTheVariantsThatResult) {
  Experiment before = MakeExperiment(ExperimentState::kDraft);
  before.floor = 0.25;
  EXPECT_TRUE(ApplyChange(before, WithVariants({Keyed("d")})).ok());
  EXPECT_THAT(FieldsOf(ApplyChange(before, WithVariants({Keyed("d"), Keyed("e")})).status()),
              ElementsAre("floor"));
}

TEST(ApplyChangeTest, ADisabledVariantStillCountsForTheFloor) {
  Experiment before = MakeExperiment(ExperimentState::kRunning);
  before.variants[2].disabled = true;
  ExperimentChange change;
  change.floor = 1.0 / 3;
  EXPECT_TRUE(ApplyChange(before, change).ok());
  change.floor = 0.5;
  EXPECT_THAT(FieldsOf(ApplyChange(before, change).status()), ElementsAre("floor"));
}

TEST(ApplyChangeTest, WhatIsOutputOnlyMayBeSentBackButNotChanged) {
  Experiment before = MakeExperiment(ExperimentState::kCompleted);
  before.winner_index = 1;
  before.variants[2].disabled = true;
  ExperimentChange same;
  same.key = "hero";
  same.state = ExperimentState::kCompleted;
  same.winner = "b";
  same.variants = {Control("a"), Keyed("b"), Keyed("c")};
  (*same.variants)[2].disabled = true;
  EXPECT_TRUE(ApplyChange(before, same).ok());

  ExperimentChange other;
  other.key = "other";
  other.state = ExperimentState::kRunning;
  other.winner = "a";
  other.variants = {Keyed("b")};
  (*other.variants)[0].disabled = true;
  EXPECT_THAT(FieldsOf(ApplyChange(before, other).status()),
              ElementsAre("key", "state", "winner", "variants[0].disabled"));
}

TEST(ApplyChangeTest, RefusesWhatTheStateDoesNotAllow) {
  ExperimentChange change;
  change.prior_alpha = 2;
  EXPECT_TRUE(ApplyChange(MakeExperiment(ExperimentState::kDraft), change).ok());
  EXPECT_EQ(ErrorReason(ApplyChange(MakeExperiment(ExperimentState::kRunning), change).status()),
            kReasonFailedPrecondition);
  // Saying what is so already is no change.
  change.prior_alpha = 1;
  EXPECT_TRUE(ApplyChange(MakeExperiment(ExperimentState::kArchived), change).ok());
}

}  // namespace
}  // namespace mab::admin
