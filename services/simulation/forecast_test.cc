#include "simulation/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mab::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

ForecastInput TwoArms() {
  ForecastInput input;
  input.rates = {0.05, 0.1};
  input.visitors_per_day = 500;
  input.maximum_days = 30;
  input.runs = 20;
  return input;
}

Forecast Made(const ForecastInput& input) {
  absl::StatusOr<Forecast> forecast = MakeForecast(input, {});
  EXPECT_TRUE(forecast.ok()) << forecast.status();
  return forecast.ok() ? *forecast : Forecast();
}

std::vector<std::string> FieldsOf(const ForecastInput& input) {
  Violations violations;
  CheckForecastInput(input, violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ErrorViolations(violations.ToStatus())) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(ForecastTest, SaysHowLongAClearDifferenceTakes) {
  const Forecast forecast = Made(TwoArms());
  EXPECT_EQ(forecast.runs, 20u);
  EXPECT_EQ(forecast.share_decided, 1);
  ASSERT_TRUE(forecast.days_p10.has_value() && forecast.days_p50.has_value() &&
              forecast.days_p90.has_value());
  EXPECT_LE(*forecast.days_p10, *forecast.days_p50);
  EXPECT_LE(*forecast.days_p50, *forecast.days_p90);
  EXPECT_LT(*forecast.days_p50, 10);
  EXPECT_GT(forecast.share_right, 0.8);
  EXPECT_NEAR(forecast.share_right + forecast.share_wrong, forecast.share_decided, 1e-12);
  EXPECT_NEAR(forecast.share_winner + forecast.share_no_difference, forecast.share_decided, 1e-12);
  EXPECT_GT(forecast.gain.mean, 0);
  // What is gained and what is lost make up the difference between the best arm and an equal split.
  EXPECT_NEAR(forecast.gain.mean + forecast.regret.mean, 0.025 * forecast.visitors, 1e-6);
}

TEST(ForecastTest, ASmallDifferenceHasNoVerdictInTime) {
  ForecastInput input = TwoArms();
  input.rates = {0.05, 0.0503};
  input.visitors_per_day = 10;
  input.threshold_of_caring = 1e-6;
  const Forecast forecast = Made(input);
  EXPECT_EQ(forecast.share_decided, 0);
  EXPECT_FALSE(forecast.days_p10.has_value());
  EXPECT_EQ(forecast.visitors, 300);
}

TEST(ForecastTest, IsTheSameForTheSameQuestion) {
  ForecastInput input = TwoArms();
  const Forecast first = Made(input);
  const Forecast second = Made(input);
  EXPECT_EQ(first.days_p50, second.days_p50);
  EXPECT_EQ(first.gain.mean, second.gain.mean);
  input.seed = 2;
  EXPECT_NE(Made(input).gain.mean, first.gain.mean);
}

TEST(ForecastTest, ServesByThePolicyThatIsAskedFor) {
  ForecastInput input = TwoArms();
  input.policy = bandit::Policy::kFixed;
  EXPECT_LT(std::fabs(Made(input).gain.mean), 5);
  input.weights = {1, 0};
  input.maximum_days = 5;
  input.minimum_exposures = 10;
  const Forecast forecast = Made(input);
  EXPECT_EQ(forecast.share_decided, 0);  // The other arm has no exposures.
  EXPECT_NEAR(forecast.gain.mean, -0.025 * forecast.visitors, 1e-6);
}

TEST(ForecastTest, BringsDelaysIn) {
  ForecastInput input = TwoArms();
  const Forecast at_once = Made(input);
  input.mean_delay_seconds = 86'400;
  const Forecast delayed = Made(input);
  EXPECT_NE(delayed.days_p50, at_once.days_p50);
  EXPECT_GT(delayed.share_right, 0.8);
}

TEST(ForecastTest, MakesFewerRunsOfWhatTakesLong) {
  ForecastInput input;
  input.visitors_per_day = 2e7;
  input.maximum_days = 365;
  input.runs = 1'000;
  input.mean_delay_seconds = 86'400;
  input.threshold_of_caring = 1e-6;
  for (int arm = 0; arm < 100; ++arm) input.rates.push_back(0.05 + 1e-5 * arm);
  const Forecast forecast = Made(input);
  EXPECT_GE(forecast.runs, kForecastRunsLeast);
  EXPECT_LT(forecast.runs, 200u);
}

TEST(ForecastTest, MakesNoMoreRunsThanThereIsTimeFor) {
  const absl::StatusOr<Forecast> forecast =
      MakeForecast(TwoArms(), {.has_more = [](uint64_t runs) { return runs < 7; }});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->runs, 7u);
  // Those that it makes are the first of all.
  ForecastInput few = TwoArms();
  few.runs = 10;
  const absl::StatusOr<Forecast> ten =
      MakeForecast(TwoArms(), {.has_more = [](uint64_t runs) { return runs < 10; }});
  ASSERT_TRUE(ten.ok()) << ten.status();
  EXPECT_EQ(ten->gain.mean, Made(few).gain.mean);
  EXPECT_EQ(ten->days_p50, Made(few).days_p50);
}

TEST(ForecastTest, MakesAFewRunsHoweverLittleTimeThereIs) {
  const absl::StatusOr<Forecast> forecast =
      MakeForecast(TwoArms(), {.has_more = [](uint64_t) { return false; }});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->runs, kForecastRunsLeast);
}

TEST(ForecastTest, WithEnoughTimeIsWhatItIsWithoutALimit) {
  const absl::StatusOr<Forecast> forecast = MakeForecast(
      TwoArms(), {.has_more = [](uint64_t) { return true; }, .is_over = [] { return false; }});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->runs, 20u);
  EXPECT_EQ(forecast->gain.mean, Made(TwoArms()).gain.mean);
}

TEST(ForecastTest, EndsWithinARunWhenNobodyWaits) {
  ForecastInput input = TwoArms();
  input.rates = {0.05, 0.0501};
  input.threshold_of_caring = 1e-6;
  int asked = 0;
  const absl::StatusOr<Forecast> forecast =
      MakeForecast(input, {.is_over = [&asked] { return ++asked >= 20; }});
  EXPECT_TRUE(absl::IsCancelled(forecast.status()));
  EXPECT_EQ(asked, 20);
}

TEST(ForecastTest, AnswersWhatItHasWhenItIsBrokenOff) {
  int runs_begun = 0;
  const absl::StatusOr<Forecast> forecast =
      MakeForecast(TwoArms(), {.has_more =
                                   [&runs_begun](uint64_t runs) {
                                     runs_begun = static_cast<int>(runs) + 1;
                                     return true;
                                   },
                               .is_over = [&runs_begun] { return runs_begun == 6; }});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->runs, 5u);
}

TEST(ForecastTest, NamesEveryFieldThatIsOutsideItsLimits) {
  EXPECT_THAT(FieldsOf(TwoArms()), ElementsAre());
  ForecastInput input = TwoArms();
  input.rates = {0.1, 1.1};
  input.visitors_per_day = 0.5;
  input.maximum_days = 366;
  input.weights = {1, 1, 1};
  input.floor = 0.6;
  input.burn_in_exposures = 1'000'001;
  input.prior = {0, 2e6};
  input.threshold_of_caring = 0;
  input.minimum_exposures = 1'000'000'001;
  input.mean_delay_seconds = std::nan("");
  input.conversion_window_seconds = 0;
  input.runs = 9;
  EXPECT_THAT(FieldsOf(input),
              UnorderedElementsAre("rates[1]", "visitors_per_day", "maximum_days", "weights",
                                   "floor", "burn_in_exposures", "prior.alpha", "prior.beta",
                                   "threshold_of_caring", "minimum_exposures", "mean_delay_seconds",
                                   "conversion_window_seconds", "runs"));
  EXPECT_TRUE(absl::IsInvalidArgument(MakeForecast(input, {}).status()));
}

TEST(ForecastTest, BoundsVisitorsDelaysAndArms) {
  ForecastInput input = TwoArms();
  input.visitors_per_day = 1e8;
  input.maximum_days = 101;
  EXPECT_THAT(FieldsOf(input), ElementsAre("maximum_days"));
  input = TwoArms();
  input.mean_delay_seconds = 31'536'000;
  input.conversion_window_seconds = 60;
  EXPECT_THAT(FieldsOf(input), ElementsAre("mean_delay_seconds"));
  input = TwoArms();
  input.rates = {};
  EXPECT_THAT(FieldsOf(input), ElementsAre("rates"));
  input.rates = std::vector<double>(101, 0.1);
  EXPECT_THAT(FieldsOf(input), ElementsAre("rates"));
}

}  // namespace
}  // namespace mab::simulation
