#include "bandit/comparison.h"

#include <algorithm>
#include <cmath>

#include "bandit/pair_quadrature.h"
#include "bandit/quantile_search.h"
#include "bandit/rounding_error.h"
#include "bandit/tabulated_distribution.h"

namespace mab::bandit {
namespace {

// A distribution's ends and middle.
struct Spread {
  double lower;
  double median;
  double upper;
};

double RateOf(double logit) { return 1 / (1 + std::exp(-logit)); }
double LogRateOf(double logit) {
  return logit < 0 ? logit - std::log1p(std::exp(logit)) : -std::log1p(std::exp(-logit));
}

template <typename Transform>
Spread SpreadOf(const Spread& logits, Transform transform) {
  return {transform(logits.lower), transform(logits.median), transform(logits.upper)};
}

// One arm, and what the searches start from.
struct TabulatedArm {
  TabulatedArm(const Posterior& of, double tail)
      : posterior(of),
        distribution(TabulatedDistribution(of)),
        logits{distribution.rate.LowerQuantile(tail), distribution.rate.LowerQuantile(0.5),
               -distribution.miss.LowerQuantile(tail)} {}
  Posterior posterior;
  RateDistribution distribution;
  Spread logits;
};

// Zou and Donner, "Construction of confidence limits about effect measures" (2008): the spread of a
// difference, guessed from the spreads of its terms.
Spread GuessDifference(const Spread& arm, const Spread& control) {
  const double median = arm.median - control.median;
  return {median - std::hypot(arm.median - arm.lower, control.upper - control.median), median,
          median + std::hypot(arm.upper - arm.median, control.median - control.lower)};
}

// E[θ_k − θ_0] over one denominator, so that it cancels only where the rates do.
double MeanDifference(const Posterior& arm, const Posterior& control) {
  return (arm.alpha * control.beta - control.alpha * arm.beta) /
         ((arm.alpha + arm.beta) * (control.alpha + control.beta));
}

// Quantiles of a quantity with a known F(0) that is within [least, greatest], least < 0 < greatest.
class QuantilesAroundZero {
 public:
  using Evaluate = absl::FunctionRef<Cumulative(double)>;

  QuantilesAroundZero(const RateOrder& at_zero, double least, double greatest, const Spread& guess)
      : at_zero_(at_zero), least_(least), greatest_(greatest), guess_(guess) {}

  double Find(double below, double above, double guess, Evaluate evaluate) const {
    constexpr double kIndistinguishable = 1e-14;
    constexpr double kNear = 0.03;
    // The smaller of the two probabilities decides, which is the more precise one.
    const double beyond = below < above ? below - at_zero_.below : at_zero_.above - above;
    if (std::fabs(beyond) <= kIndistinguishable) return 0;
    const double near = kNear * (guess_.upper - guess_.lower);
    if (beyond > 0) {
      return FindQuantile({below, above, 0, greatest_, guess > 0 ? guess : near}, evaluate);
    }
    return FindQuantile({below, above, least_, 0, guess < 0 ? guess : -near}, evaluate);
  }

  Spread FindAll(double tail, Evaluate evaluate) const {
    Spread spread{Find(tail, 1 - tail, guess_.lower, evaluate),
                  Find(0.5, 0.5, guess_.median, evaluate),
                  Find(1 - tail, tail, guess_.upper, evaluate)};
    // Where the level is next to 0 the three are one but for rounding.
    spread.lower = std::min(spread.lower, spread.median);
    spread.upper = std::max(spread.upper, spread.median);
    return spread;
  }

 private:
  RateOrder at_zero_;
  double least_;
  double greatest_;
  Spread guess_;
};

Comparison Compare(const TabulatedArm& control, const TabulatedArm& arm, double level) {
  const double tail = (1 - level) / 2;
  const RateDistribution& x = control.distribution;
  const RateDistribution& y = arm.distribution;
  const RateOrder order = CompareRates(x, y);
  Comparison result;
  result.probability_better = order.above;
  result.probability_error = order.error + RoundingError({control.posterior, arm.posterior});
  result.difference_mean = MeanDifference(arm.posterior, control.posterior);

  const Spread difference_guess =
      GuessDifference(SpreadOf(arm.logits, RateOf), SpreadOf(control.logits, RateOf));
  const QuantilesAroundZero differences(order, -1, 1, difference_guess);
  const auto difference_at = [&](double d) { return DifferenceAt(x, y, d); };
  result.difference = {differences.Find(tail, 1 - tail, difference_guess.lower, difference_at),
                       differences.Find(1 - tail, tail, difference_guess.upper, difference_at)};

  const QuantilesAroundZero ratios(
      order, LogRateOf(y.rate.lower()) - LogRateOf(x.rate.upper()) - 1,
      LogRateOf(y.rate.upper()) - LogRateOf(x.rate.lower()) + 1,
      GuessDifference(SpreadOf(arm.logits, LogRateOf), SpreadOf(control.logits, LogRateOf)));
  const Spread log_ratio = ratios.FindAll(tail, [&](double s) { return LogRatioAt(x, y, s); });
  result.lift_median = std::expm1(log_ratio.median);
  result.lift = {std::expm1(log_ratio.lower), std::expm1(log_ratio.upper)};
  return result;
}

}  // namespace

Comparison CompareWithControl(const Posterior& control, const Posterior& arm, double level) {
  const double tail = (1 - level) / 2;
  return Compare(TabulatedArm(control, tail), TabulatedArm(arm, tail), level);
}

std::vector<Comparison> CompareAllWithControl(const std::vector<Posterior>& posteriors,
                                              size_t control, double level) {
  const double tail = (1 - level) / 2;
  const TabulatedArm tabulated_control(posteriors[control], tail);
  std::vector<Comparison> comparisons(posteriors.size());
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    if (arm == control) {
      comparisons[arm].probability_better = 0;
      continue;
    }
    comparisons[arm] = Compare(tabulated_control, TabulatedArm(posteriors[arm], tail), level);
  }
  return comparisons;
}

}  // namespace mab::bandit
