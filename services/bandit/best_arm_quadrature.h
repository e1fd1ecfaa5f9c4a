// One pass of the quadrature behind ComputeBestArm: see best_arm.h for what is computed,
// logit_posterior.h for why in logits.
//
// The distribution functions F and the survivals S = 1 − F come out of the same panels as the
// integrals, each accumulated from its own end, so that both keep their relative precision in their
// small tail. No incomplete beta function is evaluated, nothing is subtracted.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

struct BestArmIntegrals {
  // As integrated: their sum is 1 but for the error of the quadrature.
  std::vector<double> probability_best;
  std::vector<double> expected_loss;
};

// `length_scale` (above 0) multiplies the length of all panels. REQUIRES: at least two
// posteriors, as ComputeBestArm.
BestArmIntegrals IntegrateBestArm(const std::vector<Posterior>& posteriors, double length_scale);

}  // namespace mab::bandit
