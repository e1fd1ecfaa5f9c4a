// Equal-tailed credible interval of a conversion rate.
//
// Thread safety: pure functions.
#pragma once

#include "bandit/draw_version.h"

namespace mab::bandit {

struct Interval {
  double lower = 0;
  double upper = 1;
};

// The (1 − level)/2 and (1 + level)/2 quantiles of Beta(alpha, beta), in about ten microseconds:
// the density of logit_posterior.h is integrated from its end, and the quantile found by Halley's
// iteration. Relative error at most 1e-12 for parameters of 0.1 to 1e9. 0 <= lower <= upper <= 1.
// `level` is in (0, 1).
Interval CredibleInterval(const Posterior& posterior, double level);

}  // namespace mab::bandit
