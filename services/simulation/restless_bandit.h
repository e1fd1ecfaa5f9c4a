// Arms that come and go, and feedback that comes in batches: the simulation of Chapelle and Li, "An
// empirical evaluation of Thompson sampling" (2011), table 1. Ten arms have rates from Beta(4, 4);
// at each step, with probability 1e-3, one of them, any, is replaced by a new one. Every `delay`
// steps the policy is told what has happened since: outcomes and replacements. Regret is against
// the best of the arms that are there at the step.
//
// The paper leaves details open. These are the ones that come nearest to its numbers (within 11 %
// in all eight cases): "each arm with probability 1e-3" would give five times the regret, and for
// the bound's t the age of the arm fits, where the number of steps so far gives half as much again.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

namespace mab::simulation {

enum class RestlessPolicy {
  // A draw from Beta(1 + conversions, 1 + failures) of each arm at each step.
  kThompson,
  // The tightened Chernoff bound (BoundKind::kChernoff) at the arm's age.
  kUpperConfidence,
};

struct RestlessScenario {
  RestlessPolicy policy = RestlessPolicy::kThompson;
  // 2 to 100.
  int arms = 10;
  uint64_t steps = 1'000'000;
  // Steps between feedback: 1 is at once.
  uint64_t delay = 1;
  // That one of the arms is replaced at a step.
  double replacement_probability = 1e-3;
  uint64_t seed = 1;
};

// The regret of run number `run` at its end.
double RunRestlessBandit(const RestlessScenario& scenario, uint64_t run);

}  // namespace mab::simulation
