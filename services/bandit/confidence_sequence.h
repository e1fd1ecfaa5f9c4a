// An anytime-valid confidence sequence of a conversion rate, for those who must defend a result to
// a frequentist: with probability `level` or more the true rate lies in ALL the intervals of the
// sequence, one after each trial. So it may be looked at after every trial, the experiment stopped
// when it pleases, and the arm's traffic moved by what was seen; a fixed-sample interval, or a
// credible one, excludes the truth sooner or later when it is looked at often enough.
//
// The set of rates p whose likelihood is not too far below the average of all rates':
//   { p : ∫ q^s (1 − q)^(n−s) dBeta(q; 1/2, 1/2) / (p^s (1 − p)^(n−s)) < 1/α },  α = 1 − level.
// Under the true p the quotient is a martingale that begins at 1, whatever the allocation, and by
// Ville's inequality exceeds 1/α at any time with probability α at most (Robbins, "Statistical
// methods related to the law of the iterated logarithm", 1970; Howard, Ramdas, McAuliffe and
// Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021).
//
// Why Beta(1/2, 1/2): the average pays for not knowing p with log(π n/2)/2 at every p inside (0, 1)
// and never more than log(π n)/2 + o(1). Beta(1, 1) pays log(n / (2π p (1 − p)))/2, which is more
// below a rate of 11 %, where most conversion rates are.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>

#include "bandit/credible_interval.h"

namespace mab::bandit {

// 0 <= lower <= conversions/trials <= upper <= 1; [0, 1] without trials. The lower end is 0 without
// a conversion, the upper end 1 where every trial converted. Relative error at most 1e-9 for counts
// of 0 to 1e9.
//
// Trials are independent of each other: with delayed conversions, count only trials whose
// conversion window has passed, and the conversions of these.
// REQUIRES: conversions <= trials <= 1e12; level is in (0, 1).
Interval ConfidenceSequence(uint64_t trials, uint64_t conversions, double level);

}  // namespace mab::bandit
