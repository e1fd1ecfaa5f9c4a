// From what an experiment has counted to the version that new users are drawn from.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

// What admin knows of one variant.
struct ArmCounts {
  VariantId variant_id;
  bool disabled = false;
  // Relative share under kFixed, 0 to 1e6.
  double weight = 1;
  // Trials and credited conversions, 0 <= conversions <= exposures <= 1e9.
  uint64_t exposures = 0;
  uint64_t conversions = 0;
};

struct DrawConfiguration {
  Policy policy = Policy::kThompson;
  double floor = 0.01;
  Salt salt{};
  Posterior prior;
  // Equal shares until each enabled arm has as many exposures.
  uint64_t burn_in_exposures = 0;
};

// The version of these counts, with number 0. Its posteriors are Beta(prior.alpha + conversions,
// prior.beta + exposures − conversions), its allocations exact.
// REQUIRES: 2 to 100 arms, at least one enabled.
DrawVersion FreezeVersion(const DrawConfiguration& configuration, const std::vector<ArmCounts>& arms);

// Whether `candidate` (number 0) must replace `current`: the draw's configuration (policy, floor, salt, sampler, arms,
// eligibility, weights) differs, or some allocation differs by 1e-4 or more.
bool ShouldPublish(const DrawVersion& current, const DrawVersion& candidate);

}  // namespace mab::bandit
