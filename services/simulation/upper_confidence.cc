#include "simulation/upper_confidence.h"

#include <algorithm>
#include <cmath>

namespace mab::simulation {
namespace {

double UpperBound(BoundKind kind, const BoundArm& arm) {
  const double log_time = std::log(static_cast<double>(std::max<uint64_t>(arm.time, 1)));
  const double trials = static_cast<double>(arm.trials);
  const double mean = static_cast<double>(arm.conversions) / trials;
  if (kind == BoundKind::kUcb1) return mean + std::sqrt(2 * log_time / trials);
  // ln(1/δ) is half the logarithm of time.
  return mean + std::sqrt(mean * log_time / trials) + log_time / trials;
}

}  // namespace

size_t GreatestBound(BoundKind kind, const std::vector<BoundArm>& arms) {
  size_t greatest = 0;
  double bound_of_greatest = -1;
  for (size_t i = 0; i < arms.size(); ++i) {
    if (arms[i].trials == 0) return i;
    const double bound = UpperBound(kind, arms[i]);
    if (bound > bound_of_greatest) {
      bound_of_greatest = bound;
      greatest = i;
    }
  }
  return greatest;
}

}  // namespace mab::simulation
