// P(best) and expected loss of every arm, by deterministic quadrature: no Monte Carlo, no Gaussian.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/draw_version.h"

namespace mab::bandit {

struct BestArm {
  // P(θ_k > θ_j for all j ≠ k) = ∫ f_k ∏_{j≠k} F_j. Each 0 to 1, the sum is 1 (normalised; the
  // deviation before is below 1e-9). Absolute error at most 1e-9 for counts 0 to 1e9 and rates 1e-6
  // to 1 − 1e-6.
  std::vector<double> probability_best;
  // E[max_j θ_j − θ_k] = ∫ F_k (1 − ∏_{j≠k} F_j), in conversion rate; never negative.
  std::vector<double> expected_loss;
  // Estimates of the absolute error, at least as great as it: what a mesh of panels half as long
  // again gives otherwise, what the probabilities' sum lacked to 1, and what rounding can do
  // (rounding_error.h). Of each probability about 1e-14, up to 1e-10 for 100 arms of 1e9 trials;
  // of each loss less.
  double probability_error = 0;
  double loss_error = 0;
};

// REQUIRES: 1 to 100 posteriors, each parameter at least 0.1.
BestArm ComputeBestArm(const std::vector<Posterior>& posteriors);

}  // namespace mab::bandit
