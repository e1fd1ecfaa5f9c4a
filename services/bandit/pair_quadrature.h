// The distributions of the difference and of the ratio of two independent rates, by quadrature over
// one of them of the other's distribution function:
//
//   P(Y − X <= d) = ∫ f_X(x) F_Y(x + d) dx = ∫ f_Y(y) S_X(y − d) dy      P(Y / X <= r) likewise,
//   with r x and y / r.
//
// Which of the two integrals: the one over the rate whose logit moves faster when both move
// together, because then everything in the integrand is at least as smooth as the two tabulated
// densities are. For a ratio that is the greater rate, everywhere. For a difference it is the rate
// nearer to 0 where x + y < 1 and the one nearer to 1 where x + y > 1: the integral is cut at x + y
// = 1, and its second half is the first one of the misses 1 − y and 1 − x.
//
// Thread safety: immutable, pure functions.
#pragma once

#include <utility>

#include "bandit/quantile_search.h"
#include "bandit/tabulated_distribution.h"

namespace mab::bandit {

// A rate's distribution, and that of its misses 1 − θ.
struct RateDistribution {
  explicit RateDistribution(TabulatedDistribution distribution)
      : rate(std::move(distribution)), miss(rate.Mirrored()) {}
  TabulatedDistribution rate;
  TabulatedDistribution miss;
};

struct RateOrder {
  double below = 0;  // P(Y <= X)
  double above = 0;  // P(Y > X)
  // What an integral over the other rate, on a coarser mesh, gives otherwise: at least the error,
  // but for rounding.
  double error = 0;
};

// Integrated over X.
RateOrder CompareRates(const RateDistribution& x, const RateDistribution& y);
// The distribution of Y − X at d. REQUIRES: −1 < d < 1.
Cumulative DifferenceAt(const RateDistribution& x, const RateDistribution& y, double d);
// The distribution of log(Y / X) at s. REQUIRES: |s| < 700.
Cumulative LogRatioAt(const RateDistribution& x, const RateDistribution& y, double s);

}  // namespace mab::bandit
