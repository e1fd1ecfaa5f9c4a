// From what is known of an experiment's arms to the version that new users are drawn from.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

// What is known of one variant.
struct ArmState {
  VariantId variant_id;
  bool disabled = false;
  // Relative share under kFixed, 0 to 1e6.
  double weight = 1;
  // Trials so far, 0 to 1e9: what burn-in counts.
  uint64_t exposures = 0;
  Posterior posterior;
};

// Beta(prior.alpha + conversions, prior.beta + exposures − conversions): every exposure that did
// not convert is a failure (delayed_posterior.h: those that still may are less). More conversions
// than exposures are no failures.
Posterior CountedPosterior(const Posterior& prior, uint64_t exposures, uint64_t conversions);

struct DrawConfiguration {
  Policy policy = Policy::kThompson;
  double floor = 0.01;
  Salt salt{};
  // Equal shares until each enabled arm has as many exposures.
  uint64_t burn_in_exposures = 0;
};

// The version of these arms, with number 0 and exact allocations.
// REQUIRES: 2 to 100 arms, at least one enabled.
DrawVersion FreezeVersion(const DrawConfiguration& configuration,
                          const std::vector<ArmState>& arms);

// Whether `candidate` (number 0) must replace `current`: the draw's configuration (policy, floor,
// salt, sampler, arms, eligibility, weights) differs, or some allocation differs by 1e-4 or more.
bool ShouldPublish(const DrawVersion& current, const DrawVersion& candidate);

}  // namespace mab::bandit
