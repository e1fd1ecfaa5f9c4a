// The p-value of a chi-square statistic, for tests with one degree of freedom or a hundred
// thousand.
//
// Thread safety: a pure function.
#pragma once

namespace mab::bandit {

// P(χ² >= statistic) at `degrees_of_freedom`: 0 to 1, 1 for a statistic that is not positive. To
// about 1e-12; where the incomplete gamma function can't be evaluated (a statistic that is a small
// part of thousands of degrees), to about 1e-4, by Wilson and Hilferty's cube root. Does not throw.
// REQUIRES: degrees_of_freedom > 0.
double ChiSquareUpperTail(double statistic, double degrees_of_freedom);

}  // namespace mab::bandit
