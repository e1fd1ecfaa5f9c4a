#include "bandit/freeze_version.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "bandit/allocation.h"
#include "bandit/best_arm.h"
#include "bandit/beta_sampler.h"

namespace mab::bandit {
namespace {

// A version whose allocations all lie nearer than this to the published one's is not worth
// publishing.
constexpr double kAllocationStep = 1e-4;

bool IsBurningIn(const DrawConfiguration& configuration, const std::vector<ArmState>& arms) {
  return std::any_of(arms.begin(), arms.end(), [&](const ArmState& arm) {
    return !arm.disabled && arm.exposures < configuration.burn_in_exposures;
  });
}

// The floor that holds at this version; kFixed has none.
double FloorOf(const DrawConfiguration& configuration, const std::vector<ArmState>& arms,
               size_t eligible) {
  if (configuration.policy == Policy::kFixed) return 0.0;
  const double equal_share = 1.0 / static_cast<double>(eligible);
  if (IsBurningIn(configuration, arms)) return equal_share;
  return std::clamp(configuration.floor, 0.0, equal_share);
}

// Eligible weights that sum to 1: equal ones where none is positive.
void SetWeights(const std::vector<ArmState>& states, size_t eligible, DrawVersion& version) {
  const auto weight = [&](size_t arm) {
    return version.arms[arm].eligible ? std::max(0.0, states[arm].weight) : 0.0;
  };
  double total = 0;
  for (size_t arm = 0; arm < states.size(); ++arm) total += weight(arm);
  for (size_t arm = 0; arm < states.size(); ++arm) {
    const double equal = version.arms[arm].eligible ? 1.0 / static_cast<double>(eligible) : 0.0;
    version.arms[arm].weight = total > 0 ? weight(arm) / total : equal;
  }
}

void SetProbabilitiesBest(DrawVersion& version) {
  std::vector<Posterior> posteriors;
  for (const DrawArm& arm : version.arms) {
    if (arm.eligible) posteriors.push_back(arm.posterior);
  }
  const BestArm best = ComputeBestArm(posteriors);
  size_t next = 0;
  for (DrawArm& arm : version.arms) {
    if (arm.eligible) arm.probability_best = best.probability_best[next++];
  }
}

bool SameConfiguration(const DrawVersion& a, const DrawVersion& b) {
  if (a.policy != b.policy || a.floor != b.floor || a.salt != b.salt ||
      a.sampler_id != b.sampler_id || a.arms.size() != b.arms.size()) {
    return false;
  }
  return std::equal(
      a.arms.begin(), a.arms.end(), b.arms.begin(), [](const DrawArm& x, const DrawArm& y) {
        return x.variant_id == y.variant_id && x.eligible == y.eligible && x.weight == y.weight;
      });
}

}  // namespace

Posterior CountedPosterior(const Posterior& prior, uint64_t exposures, uint64_t conversions) {
  const uint64_t failures = exposures > conversions ? exposures - conversions : 0;
  return {prior.alpha + static_cast<double>(conversions),
          prior.beta + static_cast<double>(failures)};
}

DrawVersion FreezeVersion(const DrawConfiguration& configuration,
                          const std::vector<ArmState>& arms) {
  DrawVersion version;
  version.policy = configuration.policy;
  version.salt = configuration.salt;
  version.sampler_id = kSamplerId;
  version.arms.reserve(arms.size());
  for (const ArmState& state : arms) {
    DrawArm arm;
    arm.variant_id = state.variant_id;
    arm.eligible = !state.disabled;
    arm.posterior = state.posterior;
    version.arms.push_back(arm);
  }
  const size_t eligible = CountEligible(version);
  version.floor = FloorOf(configuration, arms, eligible);
  SetWeights(arms, eligible, version);
  SetProbabilitiesBest(version);
  const std::vector<double> allocation = ComputeAllocation(version);
  for (size_t arm = 0; arm < arms.size(); ++arm) version.arms[arm].allocation = allocation[arm];
  return version;
}

bool ShouldPublish(const DrawVersion& current, const DrawVersion& candidate) {
  if (!SameConfiguration(current, candidate)) return true;
  for (size_t arm = 0; arm < current.arms.size(); ++arm) {
    const double step = candidate.arms[arm].allocation - current.arms[arm].allocation;
    if (std::fabs(step) >= kAllocationStep) return true;
  }
  return false;
}

}  // namespace mab::bandit
