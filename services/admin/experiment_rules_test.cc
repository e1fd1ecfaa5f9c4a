#include "admin/experiment_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace mab::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::string> FieldsOf(const Violations& violations) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(violations.ToStatus())) {
    fields.push_back(violation.field);
  }
  return fields;
}

std::vector<std::string> Check(const ExperimentChange& change) {
  Violations violations;
  CheckValues(change, violations);
  return FieldsOf(violations);
}

std::vector<std::string> Check(const storage::Experiment& experiment) {
  Violations violations;
  CheckWhole(experiment, violations);
  return FieldsOf(violations);
}

// Checks a number at, below and above its limits.
template <typename T>
void ExpectRange(const std::string& field, std::optional<T> ExperimentChange::*member,
                 const std::vector<T>& good, const std::vector<T>& bad) {
  for (const T& value : good) {
    ExperimentChange change;
    change.*member = value;
    EXPECT_THAT(Check(change), IsEmpty()) << field << " = " << value;
  }
  for (const T& value : bad) {
    ExperimentChange change;
    change.*member = value;
    EXPECT_THAT(Check(change), ElementsAre(field)) << field << " = " << value;
  }
}

storage::Experiment MakeExperiment(size_t variants) {
  storage::Experiment experiment;
  experiment.floor = 0;
  for (size_t i = 0; i < variants; ++i) {
    storage::Variant variant;
    variant.key = absl::StrCat("v", i);
    variant.is_control = i == 0;
    experiment.variants.push_back(variant);
  }
  return experiment;
}

ExperimentChange WithVariant(const VariantChange& variant) {
  ExperimentChange change;
  change.variants = {VariantChange(), variant};
  return change;
}

TEST(ExperimentRulesTest, NothingGivenIsNothingWrong) {
  EXPECT_THAT(Check(ExperimentChange()), IsEmpty());
}

TEST(ExperimentRulesTest, LimitsEveryNumber) {
  ExpectRange<double>("floor", &ExperimentChange::floor, {0, 0.5, 1},
                      {-1e-9, 1.0000001, kNan, kInfinity, -kInfinity});
  ExpectRange<uint32_t>("burn_in_exposures", &ExperimentChange::burn_in_exposures,
                        {0, 1, 1'000'000}, {1'000'001, 4'294'967'295});
  ExpectRange<double>("traffic_share", &ExperimentChange::traffic_share, {0, 1e-300, 1},
                      {-1e-9, 1.0000001, kNan, kInfinity});
  ExpectRange<double>("prior.alpha", &ExperimentChange::prior_alpha, {0.1, 1, 1e6},
                      {0, 0.0999999, 1000000.1, -1, kNan, kInfinity});
  ExpectRange<double>("prior.beta", &ExperimentChange::prior_beta, {0.1, 1, 1e6},
                      {0, 0.0999999, 1000000.1, -1, kNan, kInfinity});
  ExpectRange<uint32_t>("conversion_window_seconds", &ExperimentChange::conversion_window_seconds,
                        {1, 604'800, 31'536'000}, {0, 31'536'001});
  ExpectRange<double>("threshold_of_caring", &ExperimentChange::threshold_of_caring,
                      {1e-300, 0.0005, 1}, {0, -0.1, 1.0000001, kNan, kInfinity});
  ExpectRange<uint32_t>("minimum_exposures", &ExperimentChange::minimum_exposures,
                        {0, 100, 1'000'000'000}, {1'000'000'001, 4'294'967'295});
}

TEST(ExperimentRulesTest, LimitsAllowedOrigins) {
  std::vector<std::string> twenty;
  for (int i = 0; i < 20; ++i) twenty.push_back(absl::StrCat("https://shop-", i, ".example"));
  ExperimentChange change;
  change.allowed_origins = twenty;
  EXPECT_THAT(Check(change), IsEmpty());
  change.allowed_origins->push_back("https://shop.example");
  EXPECT_THAT(Check(change), ElementsAre("allowed_origins"));
  change.allowed_origins = {"https://shop.example",     "http://shop.example",
                            "https://shop.example/",    "*",
                            "https://SHOP.example:443", std::string(256, 'x')};
  EXPECT_THAT(Check(change), ElementsAre("allowed_origins[2]", "allowed_origins[3]",
                                         "allowed_origins[4]", "allowed_origins[5]"));
  Violations violations;
  CheckValues(change, violations);
  const std::vector<FieldViolation> all = ErrorViolations(violations.ToStatus());
  EXPECT_EQ(all[2].description, "is allowed_origins[0] too");
  EXPECT_EQ(all[3].description, "must be at most 255 bytes");
}

TEST(ExperimentRulesTest, LimitsKeys) {
  ExpectRange<std::string>(
      "key", &ExperimentChange::key, {"a", "a-b_9", std::string(64, 'k')},
      {"", std::string(65, 'k'), "A", "a b", "ä", "a/b", "0198f3c4-0000-7000-8000-000000000000"});
}

TEST(ExperimentRulesTest, LimitsNamesInCharacters) {
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "日";
  ExpectRange<std::string>(
      "name", &ExperimentChange::name, {"x", "Überschrift 2 😀", std::string(200, 'n'), longest},
      {"", " ", std::string(201, 'n'), longest + "x", "a\nb", "a\tb", std::string("a\0b", 3),
       "a\x7F", "\xC2\x85", "\xC3\x28", "\xED\xA0\x80"});
}

TEST(ExperimentRulesTest, LimitsDescriptionsAndLetsThemHaveLines) {
  ExpectRange<std::string>("description", &ExperimentChange::description,
                           {"", "one\ntwo\r\n\tthree", std::string(4000, 'd')},
                           {std::string(4001, 'd'), std::string("a\0b", 3), "\x1B[31m", "\xFF"});
}

TEST(ExperimentRulesTest, LimitsEachVariantUnderItsPath) {
  const auto expect = [](const VariantChange& variant, const std::string& field) {
    if (field.empty()) {
      EXPECT_THAT(Check(WithVariant(variant)), IsEmpty());
    } else {
      EXPECT_THAT(Check(WithVariant(variant)), ElementsAre("variants[1]." + field));
    }
  };
  VariantChange variant;
  for (const std::string& key : {std::string("b"), std::string(64, 'b')}) {
    expect({.key = key, .name = {}, .payload_json = {}, .weight = {}}, "");
  }
  for (const std::string& key : {std::string(65, 'b'), std::string("B"), std::string("b b")}) {
    expect({.key = key, .name = {}, .payload_json = {}, .weight = {}}, "key");
  }
  variant.name = std::string(200, 'n');
  expect(variant, "");
  variant.name = std::string(201, 'n');
  expect(variant, "name");
  variant.name = "";
  expect(variant, "name");
  variant.name.reset();
  variant.payload_json = std::string(16 * 1024, '1');
  expect(variant, "");
  variant.payload_json = std::string(16 * 1024 + 1, '1');
  expect(variant, "payload");
  variant.payload_json.reset();
  for (const double weight : {0.0, 0.5, 1e6}) {
    variant.weight = weight;
    expect(variant, "");
  }
  for (const double weight : {-0.1, 1e6 + 1, kNan, kInfinity}) {
    variant.weight = weight;
    expect(variant, "weight");
  }
}

TEST(ExperimentRulesTest, ReportsEverythingAtOnce) {
  ExperimentChange change;
  change.key = "NO";
  change.name = "";
  change.description = "\xFF";
  change.floor = 2;
  change.prior_alpha = 0;
  change.prior_beta = kNan;
  change.variants = {VariantChange(), VariantChange(), VariantChange()};
  (*change.variants)[0].key = "NO";
  (*change.variants)[2].weight = -1;
  EXPECT_THAT(Check(change), ElementsAre("key", "name", "description", "floor", "prior.alpha",
                                         "prior.beta", "variants[0].key", "variants[2].weight"));
}

TEST(ExperimentRulesTest, SaysOnceThatThereAreTooManyVariants) {
  ExperimentChange change;
  change.variants.emplace(100);
  EXPECT_THAT(Check(change), IsEmpty());
  change.variants.emplace(101);
  for (VariantChange& variant : *change.variants) variant.weight = -1;
  EXPECT_THAT(Check(change), ElementsAre("variants"));
}

TEST(ExperimentRulesTest, AnExperimentHasTwoToAHundredVariants) {
  EXPECT_THAT(Check(MakeExperiment(0)), ElementsAre("variants"));
  EXPECT_THAT(Check(MakeExperiment(1)), ElementsAre("variants"));
  EXPECT_THAT(Check(MakeExperiment(2)), IsEmpty());
  EXPECT_THAT(Check(MakeExperiment(100)), IsEmpty());
  EXPECT_THAT(Check(MakeExperiment(101)), ElementsAre("variants"));
}

TEST(ExperimentRulesTest, FloorTimesVariantsIsAtMostOne) {
  for (size_t count = 2; count <= 100; ++count) {
    storage::Experiment experiment = MakeExperiment(count);
    experiment.floor = 1.0 / static_cast<double>(count);
    EXPECT_THAT(Check(experiment), IsEmpty()) << count;
    experiment.floor = 1.0 / static_cast<double>(count) * (1 + 1e-9);
    EXPECT_THAT(Check(experiment), ElementsAre("floor")) << count;
    experiment.floor = DefaultFloor(count);
    EXPECT_THAT(Check(experiment), IsEmpty()) << count;
  }
}

TEST(ExperimentRulesTest, TheDefaultFloorLeavesNineTenthsToLearning) {
  EXPECT_EQ(DefaultFloor(2), 0.01);
  EXPECT_EQ(DefaultFloor(10), 0.01);
  EXPECT_EQ(DefaultFloor(11), 0.1 / 11);
  EXPECT_EQ(DefaultFloor(100), 0.001);
}

TEST(ExperimentRulesTest, KeysAreUnique) {
  storage::Experiment experiment = MakeExperiment(4);
  experiment.variants[2].key = "v0";
  experiment.variants[3].key = "v0";
  EXPECT_THAT(Check(experiment), ElementsAre("variants[2].key", "variants[3].key"));
}

TEST(ExperimentRulesTest, OneVariantIsTheControl) {
  storage::Experiment experiment = MakeExperiment(3);
  experiment.variants[2].is_control = true;
  EXPECT_THAT(Check(experiment), ElementsAre("variants[2].is_control"));
}

TEST(ExperimentRulesTest, TheFixedPolicyNeedsAWeightToGoBy) {
  storage::Experiment experiment = MakeExperiment(2);
  experiment.variants[0].weight = 0;
  experiment.variants[1].weight = 0;
  EXPECT_THAT(Check(experiment), IsEmpty());
  experiment.policy = bandit::Policy::kFixed;
  EXPECT_THAT(Check(experiment), ElementsAre("variants"));
  experiment.variants[1].weight = 1e-6;
  EXPECT_THAT(Check(experiment), IsEmpty());
  // A disabled variant's weight counts for nothing.
  experiment.variants[1].disabled = true;
  EXPECT_THAT(Check(experiment), ElementsAre("variants"));
}

}  // namespace
}  // namespace mab::admin
