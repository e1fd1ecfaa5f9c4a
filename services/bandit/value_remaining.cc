#include "bandit/value_remaining.h"

#include <algorithm>
#include <cmath>

#include "bandit/highest_rate.h"
#include "bandit/pair_quadrature.h"
#include "bandit/quantile_search.h"

namespace mab::bandit {
namespace {

double LogRateOf(double logit) {
  return logit < 0 ? logit - std::log1p(std::exp(logit)) : -std::log1p(std::exp(-logit));
}

}  // namespace

double ValueRemaining(const std::vector<Posterior>& posteriors, size_t leader, double quantile) {
  // Two computations of P(best) may differ by this.
  constexpr double kIndistinguishable = 1e-13;
  std::vector<Posterior> others = posteriors;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(leader));
  if (others.empty()) return 0;
  const RateDistribution best(TabulatedDistribution(posteriors[leader]));
  const RateDistribution highest(HighestRate(others));
  const double probability_best = CompareRates(best, highest).below;
  if (probability_best >= quantile - kIndistinguishable) return 0;

  const double tail = std::min(quantile, 1 - quantile);
  const auto log_rate_at = [](const TabulatedDistribution& distribution, double probability) {
    return LogRateOf(distribution.LowerQuantile(probability));
  };
  const double guess =
      log_rate_at(highest.rate, 0.5) - log_rate_at(best.rate, 0.5) +
      std::hypot(LogRateOf(-highest.miss.LowerQuantile(tail)) - log_rate_at(highest.rate, 0.5),
                 log_rate_at(best.rate, 0.5) - log_rate_at(best.rate, tail));
  const double greatest = LogRateOf(highest.rate.upper()) - LogRateOf(best.rate.lower()) + 1;
  const double log_ratio = FindQuantile({quantile, 1 - quantile, 0, greatest, guess},
                                        [&](double s) { return LogRatioAt(best, highest, s); });
  return std::expm1(log_ratio);
}

}  // namespace mab::bandit
