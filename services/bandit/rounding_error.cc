#include "bandit/rounding_error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace mab::bandit {
namespace {

// At the mode of the logit, in the normal limit, which the density never exceeds by much.
double PeakDensity(const Posterior& p) {
  return std::sqrt(p.alpha / (p.alpha + p.beta) * p.beta / (2 * std::numbers::pi));
}

}  // namespace

double RoundingError(const std::vector<Posterior>& posteriors) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  constexpr double kSums = 64;
  // The density of a difference is at most that of its broader term. So of the narrowest arm the
  // second narrowest's counts.
  double narrowest = 0;
  double second = 0;
  for (const Posterior& posterior : posteriors) {
    const double peak = PeakDensity(posterior);
    second = std::max(second, std::min(peak, narrowest));
    narrowest = std::max(narrowest, peak);
  }
  double error = kSums;
  for (const Posterior& posterior : posteriors) {
    const double log_odds = std::fabs(std::log(posterior.alpha / posterior.beta));
    error += (1 + log_odds) * std::min(second, PeakDensity(posterior));
  }
  return kEpsilon * error;
}

}  // namespace mab::bandit
