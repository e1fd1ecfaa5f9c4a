// An arm against the control: P(better), the difference of the rates and the relative lift, by
// deterministic quadrature (pair_quadrature.h). No Monte Carlo, no Gaussian: a rate is never below
// 0, and an arm of 0 conversions is no special case.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/credible_interval.h"
#include "bandit/draw_version.h"

namespace mab::bandit {

// Of arm k against control 0. Intervals are equal-tailed. Accurate for parameters of 0.1 to 1e9:
// probabilities to 1e-12 absolute, interval ends to 1e-9 relative; an end that is near 0 because
// two rates cancel, to 1e-9 of the interval's width.
struct Comparison {
  double probability_better = 0.5;  // P(θ_k > θ_0), 0 to 1
  double difference_mean = 0;       // E[θ_k − θ_0], exact
  Interval difference{0, 0};        // of θ_k − θ_0, in conversion rate: −1 to 1
  // θ_k / θ_0 − 1, −1 to 1e300. Its mean is infinite where the control's alpha is at most 1: the
  // median is reported.
  double lift_median = 0;
  Interval lift{0, 0};
  // Estimate of the error of probability_better, at least as great as it: what the integral over
  // the other rate, on a coarser mesh, gives otherwise, and what rounding can do
  // (rounding_error.h).
  double probability_error = 0;
};

// `level` is in (0, 1). REQUIRES: each parameter at least 0.1.
Comparison CompareWithControl(const Posterior& control, const Posterior& arm, double level);

// Every arm against the arm of index `control`, whose own entry is that of an arm compared with
// itself: no difference, and P(better) 0. The control is tabulated once. REQUIRES: control <
// posteriors.size().
std::vector<Comparison> CompareAllWithControl(const std::vector<Posterior>& posteriors,
                                              size_t control, double level);

}  // namespace mab::bandit
