#include "bandit/best_arm.h"

#include <cmath>
#include <numeric>

#include "bandit/best_arm_quadrature.h"

namespace mab::bandit {
namespace {

// The sum of the probabilities is a check on the whole quadrature. Shorter panels are the answer to
// a worse one, though no parameters within the bounds are known to need them.
constexpr double kDeviationMax = 1e-10;
constexpr int kRefinements = 2;

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

BestArm ComputeBestArm(const std::vector<Posterior>& posteriors) {
  if (posteriors.size() < 2) {
    return {std::vector<double>(posteriors.size(), 1.0),
            std::vector<double>(posteriors.size(), 0.0)};
  }
  double length_scale = 1;
  BestArmIntegrals integrals = IntegrateBestArm(posteriors, length_scale);
  double sum = Sum(integrals.probability_best);
  for (int i = 0; i < kRefinements && !(std::fabs(sum - 1) <= kDeviationMax); ++i) {
    length_scale /= 2;
    integrals = IntegrateBestArm(posteriors, length_scale);
    sum = Sum(integrals.probability_best);
  }
  for (double& probability : integrals.probability_best) probability /= sum;
  return {std::move(integrals.probability_best), std::move(integrals.expected_loss)};
}

}  // namespace mab::bandit
