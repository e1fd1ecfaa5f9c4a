// When a simulated experiment has its verdict: what production's verdict (bandit/verdict.h) says of
// its posteriors and exposures, looked at in regular intervals. Also the rule of one published
// simulation, to compare with.
//
// Thread safety: value types and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/verdict.h"
#include "common/error.h"

namespace mab::simulation {

enum class RuleKind {
  // bandit::DecideVerdict.
  kVerdict,
  // Scott 2015: stop when the 0.95 quantile of value remaining is below 1 %, which P(best) >= 0.95
  // implies.
  kValueRemaining,
};

struct StoppingRule {
  RuleKind kind = RuleKind::kVerdict;
  // Between looks, in days: above 0, at most 365.
  double look_days = 1;
  // No verdict before. 0 to 3,650.
  double days_min = 0;
  // No verdict before each arm has as many. 0 to 1,000,000,000.
  uint64_t minimum_exposures = 0;
  // Under kVerdict, in conversion rate: above 0, at most 1.
  double threshold_of_caring = 0.0005;
};

// What is known at a look, by arm.
struct Look {
  double days = 0;
  const std::vector<uint64_t>& exposures;
  const std::vector<bandit::Posterior>& posteriors;
  // The rates swing with the hour.
  bool rate_swings = false;
};

struct SimulatedVerdict {
  // kLeaderClear, kNoDifference or kValueExhausted.
  bandit::VerdictCode code = bandit::VerdictCode::kLeaderClear;
  size_t leader = 0;
  // There is a winner: the leader.
  bool complete = false;
};

// The verdict, or none yet. Adds to `microseconds` what it took, as estimated from the work that
// was done.
std::optional<SimulatedVerdict> LookForVerdict(const StoppingRule& rule, const Look& look,
                                               double& microseconds);

void CheckStoppingRule(const StoppingRule& rule, Violations& violations);

}  // namespace mab::simulation
