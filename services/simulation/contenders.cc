#include "simulation/contenders.h"

#include <algorithm>
#include <cmath>

namespace mab::simulation {
namespace {

// −log(1e-13), and a little.
constexpr double kExponent = 30;

// Of Bernoulli distributions: p log(p/q) + (1 − p) log((1 − p)/(1 − q)). p is 0 to 1, q between.
double Divergence(double p, double q) {
  double divergence = 0;
  if (p > 0) divergence += p * std::log(p / q);
  if (p < 1) divergence += (1 - p) * std::log((1 - p) / (1 - q));
  return divergence;
}

// That the rate is at least x: an upper bound, as −log.
double UpperTailExponent(const bandit::Posterior& posterior, double x) {
  const double alpha = std::ceil(posterior.alpha);
  const double n = alpha + std::floor(posterior.beta) - 1;
  if (std::floor(posterior.beta) < 1 || n <= 0) return 0;
  const double share = (alpha - 1) / n;
  return share < x ? n * Divergence(share, x) : 0;
}

// The greatest x that a rate is below with probability less than exp(−kExponent); 0 where none is
// found.
double LowerEnd(const bandit::Posterior& posterior) {
  // The upper tail of the failure rate.
  const bandit::Posterior mirrored = {posterior.beta, posterior.alpha};
  double low = 0;
  double high = posterior.mean();
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (UpperTailExponent(mirrored, 1 - middle) >= kExponent ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::vector<size_t> Contenders(const std::vector<bandit::Posterior>& posteriors) {
  double border = 0;
  for (const bandit::Posterior& posterior : posteriors) {
    border = std::max(border, LowerEnd(posterior));
  }
  std::vector<size_t> contenders;
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    const bool beaten = border > 0 && UpperTailExponent(posteriors[arm], border) >= kExponent;
    if (!beaten) contenders.push_back(arm);
  }
  return contenders;
}

bandit::BestArm ComputeBestContender(const std::vector<bandit::Posterior>& posteriors,
                                     const std::vector<size_t>& contenders) {
  if (contenders.size() == posteriors.size()) return bandit::ComputeBestArm(posteriors);
  std::vector<bandit::Posterior> few;
  for (const size_t arm : contenders) few.push_back(posteriors[arm]);
  const bandit::BestArm of_few = bandit::ComputeBestArm(few);
  bandit::BestArm best;
  best.probability_best.assign(posteriors.size(), 0.0);
  // E[max] is the same for all.
  const double expected_maximum = of_few.expected_loss[0] + few[0].mean();
  for (const bandit::Posterior& posterior : posteriors) {
    best.expected_loss.push_back(std::max(0.0, expected_maximum - posterior.mean()));
  }
  for (size_t i = 0; i < contenders.size(); ++i) {
    best.probability_best[contenders[i]] = of_few.probability_best[i];
    best.expected_loss[contenders[i]] = of_few.expected_loss[i];
  }
  return best;
}

}  // namespace mab::simulation
