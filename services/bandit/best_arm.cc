#include "bandit/best_arm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "bandit/best_arm_quadrature.h"
#include "bandit/rounding_error.h"
#include "bandit/sum.h"

namespace mab::bandit {
namespace {

// Panels that resolve every density's interpolation are shorter than this integrand needs: even
// ones 2.5 times as long leave nothing but rounding on all references. So the mesh has room to
// spare, and a coarser one tells by how much.
constexpr double kLengthScale = 1.5;
constexpr double kCoarser = 1.5;

// The sum of the probabilities is a check on the whole quadrature. Shorter panels are the answer to
// a worse one, though no parameters within the bounds are known to need them.
constexpr double kDeviationMax = 1e-10;
constexpr int kRefinements = 3;

double GreatestDifference(const std::vector<double>& a, const std::vector<double>& b) {
  double greatest = 0;
  for (size_t i = 0; i < a.size(); ++i) greatest = std::max(greatest, std::fabs(a[i] - b[i]));
  return greatest;
}

}  // namespace

BestArm ComputeBestArm(const std::vector<Posterior>& posteriors) {
  if (posteriors.size() < 2) {
    return {std::vector<double>(posteriors.size(), 1.0),
            std::vector<double>(posteriors.size(), 0.0), 0, 0};
  }
  double length_scale = kLengthScale;
  const BestArmIntegrals coarse = IntegrateBestArm(posteriors, kCoarser * length_scale);
  BestArmIntegrals integrals = IntegrateBestArm(posteriors, length_scale);
  double sum = Sum(integrals.probability_best);
  for (int i = 0; i < kRefinements && !(std::fabs(sum - 1) <= kDeviationMax); ++i) {
    length_scale /= 2;
    integrals = IntegrateBestArm(posteriors, length_scale);
    sum = Sum(integrals.probability_best);
  }
  const double rounding = RoundingError(posteriors);
  BestArm best;
  best.probability_error = GreatestDifference(integrals.probability_best, coarse.probability_best) +
                           std::fabs(sum - 1) + rounding;
  best.loss_error = GreatestDifference(integrals.expected_loss, coarse.expected_loss) + rounding;
  for (double& probability : integrals.probability_best) probability /= sum;
  best.probability_best = std::move(integrals.probability_best);
  best.expected_loss = std::move(integrals.expected_loss);
  return best;
}

}  // namespace mab::bandit
