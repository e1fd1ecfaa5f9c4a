#include "bandit/allocation.h"

#include <algorithm>

namespace mab::bandit {
namespace {

// The exact shares of top-two Thompson without a floor, summed over leaders so that nothing is
// subtracted.
std::vector<double> TopTwoShares(const DrawVersion& version) {
  const size_t count = version.arms.size();
  std::vector<double> shares(count, 0.0);
  for (size_t leader = 0; leader < count; ++leader) {
    if (!version.arms[leader].eligible) continue;
    const double p = version.arms[leader].probability_best;
    const Challengers challengers(version, leader);
    shares[leader] += kTopTwoLeaderShare * p;
    for (size_t arm = 0; arm < count; ++arm) {
      shares[arm] +=
          (1.0 - kTopTwoLeaderShare) * p * (challengers.Weight(arm) / challengers.total());
    }
  }
  return shares;
}

std::vector<double> PolicyShares(const DrawVersion& version, size_t eligible) {
  if (version.policy == Policy::kTopTwoThompson && eligible > 1) return TopTwoShares(version);
  std::vector<double> shares;
  shares.reserve(version.arms.size());
  for (const DrawArm& arm : version.arms) {
    const double share = version.policy == Policy::kFixed ? arm.weight : arm.probability_best;
    shares.push_back(arm.eligible ? share : 0.0);
  }
  return shares;
}

}  // namespace

size_t CountEligible(const DrawVersion& version) {
  return std::count_if(version.arms.begin(), version.arms.end(),
                       [](const DrawArm& arm) { return arm.eligible; });
}

double FloorMass(double floor, size_t eligible) {
  constexpr double kRounding = 1e-12;
  const double mass = floor * static_cast<double>(eligible);
  return mass > 1.0 - kRounding ? 1.0 : std::max(0.0, mass);
}

Challengers::Challengers(const DrawVersion& version, size_t leader)
    : version_(version), leader_(leader) {
  for (size_t arm = 0; arm < version.arms.size(); ++arm) total_ += Weight(arm);
  if (total_ > 0) return;
  alike_ = true;
  for (size_t arm = 0; arm < version.arms.size(); ++arm) total_ += Weight(arm);
}

double Challengers::Weight(size_t arm) const {
  if (arm == leader_ || !version_.arms[arm].eligible) return 0.0;
  return alike_ ? 1.0 : version_.arms[arm].probability_best;
}

std::vector<double> ComputeAllocation(const DrawVersion& version) {
  const size_t eligible = CountEligible(version);
  std::vector<double> allocation = PolicyShares(version, eligible);
  if (version.policy == Policy::kFixed) return allocation;
  const double floor_mass = FloorMass(version.floor, eligible);
  for (size_t arm = 0; arm < allocation.size(); ++arm) {
    if (!version.arms[arm].eligible) continue;
    allocation[arm] =
        floor_mass / static_cast<double>(eligible) + (1.0 - floor_mass) * allocation[arm];
  }
  return allocation;
}

}  // namespace mab::bandit
