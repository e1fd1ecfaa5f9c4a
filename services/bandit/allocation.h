// The exact probability with which a draw serves each arm, in the same terms in which draw.cc makes
// its choices: what both need to agree on stands here.
//
// Thread safety: pure functions; Challengers is immutable.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

size_t CountEligible(const DrawVersion& version);

// The probability that the floor's coin decides for a uniform choice: eligible arms times floor, at
// most 1; exactly 1 when the floor is 1 / eligible but for rounding.
double FloorMass(double floor, size_t eligible);

// In top-two Thompson the leader is served with this probability, a challenger with the rest (Russo
// 2016, β = 1/2).
inline constexpr double kTopTwoLeaderShare = 0.5;

// How a challenger of one leader is chosen in top-two Thompson: arm j with probability p_j /
// Σ_{i≠leader} p_i, where p is probability_best. Where every other p is 0 (the leader's rounds to
// 1), all others alike.
class Challengers {
 public:
  // REQUIRES: at least two eligible arms. `version` outlives this.
  Challengers(const DrawVersion& version, size_t leader);

  // 0 for the leader and for arms that are not eligible.
  double Weight(size_t arm) const;
  // The sum of the weights, over all arms in index order: positive.
  double total() const { return total_; }

 private:
  const DrawVersion& version_;
  const size_t leader_;
  bool alike_ = false;
  double total_ = 0;
};

// By arm index, from policy, floor, eligibility, weights and probability_best of `version`; its sum
// is 1 but for rounding. With K eligible arms, m = FloorMass and p = probability_best:
//   kThompson        m/K + (1 − m) p_k
//   kTopTwoThompson  m/K + (1 − m) ψ_k, ψ_k = ½ p_k + ½ Σ_{i≠k} p_i p_k / Σ_{j≠i} p_j
//   kFixed           the weight
// REQUIRES: at least one eligible arm.
std::vector<double> ComputeAllocation(const DrawVersion& version);

}  // namespace mab::bandit
