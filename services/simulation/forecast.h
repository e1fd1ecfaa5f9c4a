// "How long will it take?", before an experiment starts: simulated runs of it by true rates that
// somebody assumes, each until its verdict or its longest duration.
//
// A forecast costs a bounded amount of work, whatever is asked: intervals grow with the
// experiment's age, P(best) is estimated by draws where visitors are many (Engine::kSampled),
// verdicts are the exact ones; and as many runs are made as a budget allows, counted in estimated
// microseconds and not by a clock, so that the same question has the same answer on every machine
// that has the time for them. On one that is too busy the caller, who has the clock, ends it sooner
// (ForecastTime). The answer says how many runs there were.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "bandit/draw_version.h"
#include "common/error.h"
#include "simulation/run_summary.h"

namespace mab::simulation {

struct ForecastInput {
  // True conversion rates, by variant: 2 to 100, each 0 to 1.
  std::vector<double> rates;
  // 1 to 1e8; with maximum_days at most 1e10 visitors.
  double visitors_per_day = 0;
  // 1 to 365.
  double maximum_days = 90;

  bandit::Policy policy = bandit::Policy::kThompson;
  // Under kFixed, by variant, 0 to 1e6 each; empty: equal.
  std::vector<double> weights;
  // 0 to 1 / variants; by default the product's: 0.01, from eleven variants on 0.1 / variants.
  std::optional<double> floor;
  // 0 to 1,000,000.
  uint64_t burn_in_exposures = 0;
  // Each parameter 0.1 to 1e6.
  bandit::Posterior prior;
  // In conversion rate: above 0, at most 1.
  double threshold_of_caring = 0.0005;
  // Of each variant, before a verdict: 0 to 1e9.
  uint64_t minimum_exposures = 100;
  // From exposure to conversion, exponentially distributed: 0 (at once) to 31,536,000.
  double mean_delay_seconds = 0;
  // 1 to 31,536,000.
  double conversion_window_seconds = 604'800;

  // At most so many: 10 to 1,000.
  uint64_t runs = 200;
  uint64_t seed = 1;
};

struct Forecast {
  // Made: at most those asked for, at least 3.
  uint64_t runs = 0;
  // Days to the verdict: that a tenth, half and nine tenths of the runs did not exceed. None where
  // fewer had one.
  std::optional<double> days_p10;
  std::optional<double> days_p50;
  std::optional<double> days_p90;
  // Of the runs: those with a verdict, by what it says; of these right or wrong. Right is a winner
  // that is within the threshold of caring of the best variant, and "no difference" where all
  // variants are.
  double share_decided = 0;
  double share_winner = 0;
  double share_no_difference = 0;
  double share_right = 0;
  double share_wrong = 0;
  // Until the end of a run: visitors; conversions gained over an equal split of the same visitors,
  // with the 0.05 and 0.95 quantiles over runs; conversions lost against serving the best variant
  // to all.
  double visitors = 0;
  Estimate gain;
  double gain_lower = 0;
  double gain_upper = 0;
  Estimate regret;
  double regret_lower = 0;
  double regret_upper = 0;
};

// The time that a forecast may take, by the caller's clock. Each may be empty: there is no limit.
struct ForecastTime {
  // Whether there is time for one more run after so many; asked from kForecastRunsLeast on.
  std::function<bool(uint64_t runs)> has_more = {};
  // Whether nobody waits any longer; asked often, within runs too.
  std::function<bool()> is_over = {};
};

// About two seconds on one core.
inline constexpr double kForecastBudgetMicroseconds = 1.5e6;
inline constexpr uint64_t kForecastRunsLeast = 3;

// Every value that is outside its limits, under the name of its field.
void CheckForecastInput(const ForecastInput& input, Violations& violations);

// INVALID_ARGUMENT by CheckForecastInput; CANCELLED where the time is over before
// kForecastRunsLeast runs are made.
absl::StatusOr<Forecast> MakeForecast(const ForecastInput& input, const ForecastTime& time);

}  // namespace mab::simulation
