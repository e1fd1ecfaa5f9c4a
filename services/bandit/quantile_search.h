// The quantile of a distribution whose F costs an integral: Newton on the logit of F, which is
// nearly straight for a posterior, kept in a bracket.
//
// Thread safety: pure functions.
#pragma once

#include "absl/functional/function_ref.h"

namespace mab::bandit {

// A distribution function at one point.
struct Cumulative {
  double below = 0;    // F(x)
  double above = 0;    // 1 − F(x)
  double density = 0;  // dF/dx
};

struct QuantileSearch {
  // The quantile is the x with F(x) = below; above = 1 − below.
  double below = 0;
  double above = 0;
  // It is known to be within [low, high]. An end may be 0, as long as the other is not beyond it:
  // the search then finds orders of magnitude as fast as digits.
  double low = 0;
  double high = 0;
  double guess = 0;
};

// Error: 1e-12 of a probability, or about 1e-12 of the distribution's width, whichever is greater.
// Always within [low, high].
double FindQuantile(const QuantileSearch& search, absl::FunctionRef<Cumulative(double)> evaluate);

}  // namespace mab::bandit
