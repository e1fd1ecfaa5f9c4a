// Upper confidence bounds: the baselines that Thompson sampling is compared with. In simulations
// only.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mab::simulation {

enum class BoundKind {
  // s/n + sqrt(2 ln t / n): UCB1 of Auer, Cesa-Bianchi and Fischer (2002).
  kUcb1,
  // s/n + sqrt(2 (s/n) ln(1/δ) / n) + 2 ln(1/δ) / n with δ = sqrt(1/t): the tightened Chernoff
  // bound that Chapelle and
  // Li (2011) compare with.
  kChernoff,
};

// What is known of one arm: 0 <= conversions <= trials.
struct BoundArm {
  uint64_t trials = 0;
  uint64_t conversions = 0;
  // t above: steps so far.
  uint64_t time = 0;
};

// The arm with the greatest bound, the first of equals; an arm without trials before all others.
// REQUIRES: at least one arm.
size_t GreatestBound(BoundKind kind, const std::vector<BoundArm>& arms);

}  // namespace mab::simulation
