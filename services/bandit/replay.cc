#include "bandit/replay.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bandit/allocation.h"
#include "bandit/best_arm.h"
#include "bandit/draw.h"

namespace mab::bandit {

ReplayOutcome Replay(const DrawVersion& version, const UserHash& user, size_t arm,
                     double propensity) {
  if (!IsDrawable(version)) return ReplayOutcome::kNotDrawable;
  if (Draw(version, user) != arm) return ReplayOutcome::kOtherArm;
  return version.arms[arm].allocation == propensity ? ReplayOutcome::kAgrees
                                                    : ReplayOutcome::kOtherPropensity;
}

double VersionDeviation(const DrawVersion& version) {
  std::vector<Posterior> posteriors;
  for (const DrawArm& arm : version.arms) {
    if (arm.eligible) posteriors.push_back(arm.posterior);
  }
  const std::vector<double> best = ComputeBestArm(posteriors).probability_best;
  const std::vector<double> allocation = ComputeAllocation(version);
  double deviation = 0;
  size_t next = 0;
  for (size_t i = 0; i < version.arms.size(); ++i) {
    const DrawArm& arm = version.arms[i];
    const double expected = arm.eligible ? best[next++] : 0;
    deviation = std::max({deviation, std::fabs(arm.probability_best - expected),
                          std::fabs(arm.allocation - allocation[i])});
  }
  return deviation;
}

}  // namespace mab::bandit
