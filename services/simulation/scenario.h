// An experiment as the simulator sees it: what is true (rates, traffic, delays), what is configured
// (policy, prior, floor, when a verdict is given), and how fine the simulation is.
//
// Thread safety: value types and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "bandit/draw_version.h"
#include "common/error.h"
#include "simulation/delay_model.h"
#include "simulation/stopping_rule.h"

namespace mab::simulation {

// The product's policies, and two baselines that exist in simulations only: equal shares, and UCB1
// (Auer, Cesa-Bianchi and Fischer 2002).
enum class SimulatedPolicy { kThompson, kTopTwoThompson, kFixed, kUniform, kUcb1 };

// "thompson", "top-two", "fixed", "uniform", "ucb1".
absl::string_view PolicyName(SimulatedPolicy policy);

// How the visitors of an interval are divided among the arms. All but kSampled give the same
// distribution of outcomes.
enum class Engine {
  // By the exact allocation: a multinomial draw an interval, so the cost doesn't depend on the
  // number of visitors.
  kBatched,
  // Thompson: a draw from each arm's posterior for each visitor, as production serves him.
  kPerVisitor,
  // For each interval the one that costs less: draws for a few hundred visitors, an allocation for
  // more.
  kAutomatic,
  // For forecasts: where there are more than SampledDraws() visitors, by P(best) as estimated by as
  // many draws. The shares of an interval have a standard error of up to 0.03 for ten arms and 0.06
  // for a hundred, and no bias.
  kSampled,
};

// Under kSampled: 256 up to ten arms, 64 from forty on.
uint64_t SampledDraws(size_t arms);

// What an exposure that has not converted, but still could, counts as.
enum class PendingTreatment {
  // As the share of a failure that the estimated distribution of delays gives it: what production
  // does.
  kWeighted,
  // As a failure until it converts.
  kFailure,
  // As nothing, and neither does a conversion, until the conversion window is over.
  kWaitForWindow,
};

struct Scenario {
  // What is true. By arm, each 0 to 1: 2 to 100.
  std::vector<double> rates;
  // Of day and night: at time t (in days) each rate is multiplied by 1 + swing · sin 2πt. 0 to 1,
  // and no rate above 1.
  double swing = 0;
  // 1e-3 to 1e8, at equal distances.
  double visitors_per_day = 1000;
  // How long it may run: above 0, at most 3,650; visitors at most 1e10.
  double days = 30;
  // From exposure to conversion, in seconds.
  DelayModel delay;
  // Conversions after it are not credited. 1 to 31,536,000.
  double conversion_window_seconds = 604'800;

  // What is configured. Posteriors are pooled over time, as they are for the product's draws.
  SimulatedPolicy policy = SimulatedPolicy::kThompson;
  // Under kFixed, by arm; empty: equal.
  std::vector<double> weights;
  // 0 to 1 / arms.
  double floor = 0;
  uint64_t burn_in_exposures = 0;
  bandit::Posterior prior;
  PendingTreatment pending = PendingTreatment::kWeighted;
  StoppingRule stopping;
  // Ends a run at its verdict; else it goes on to `days`, and the first verdict is the one that
  // counts.
  bool stop_at_verdict = false;

  // How it is simulated.
  Engine engine = Engine::kAutomatic;
  // Of one interval: posteriors are frozen at its start. 1e-3 to 31,536,000, and a run has at most
  // 100,000,000 intervals. Where outcomes are not known at once at most 10,000 are in a window.
  double update_seconds = 3600;
  // An interval is also at least this share of the time that is past, for long experiments. 0 to 1.
  double update_growth = 0;
  // When regret is recorded, in days, ascending, at most `days`: 1 to 1,000.
  std::vector<double> checkpoints_days;
  // Same seed, same outcomes.
  uint64_t seed = 1;
};

inline constexpr size_t kArmsMin = 2;
inline constexpr size_t kArmsMax = 100;
inline constexpr double kVisitorsMax = 1e10;
inline constexpr double kIntervalsMax = 1e8;
inline constexpr double kIntervalsInWindowMax = 1e4;

// The product's: 0.01, from eleven arms on 0.1 / arms.
double DefaultFloor(size_t arms);

// `count` checkpoints at equal distances, the last one at `days`.
std::vector<double> EqualCheckpoints(double days, size_t count);

double BestRate(const Scenario& scenario);

// Every value that is outside its limits, under the name of its field.
void CheckScenario(const Scenario& scenario, Violations& violations);

}  // namespace mab::simulation
