// Whether the arms get the exposures that were drawn for them: the sample-ratio test, against the
// logged propensities and not against equal or intended shares, so that it is right while the
// allocations move. A variant whose page breaks before it reports its exposure fails it, and then
// none of the experiment's numbers can be trusted.
//
// Three tests of the same cells. For one look:
//
// χ² of the totals: T'V⁻T with T = Σ (O − E) by arm and V = Σ (diag E − E E'/n) over cells, arms −
// 1 degrees of freedom. It finds a fault that lasts, such as a variant that loses a part of its
// exposures.
//
// χ² = Σ (O − E)² / E over cells, which finds a fault of some hours but, having thousands of
// degrees of freedom, hardly one that is small and lasts. Cells in time are put together until an
// arm has kSparseExpected expected exposures on average; of these groups, arms with fewer are
// pooled; degrees of freedom: cells − groups. Where several versions meet in a group both are
// conservative: O has the variance Σ w_i (1 − w_i) over its exposures' propensities w_i, at most n
// w̄ (1 − w̄), since w (1 − w) is concave.
//
// For looking again and again, an e-process (after Lindon & Malek, "Anytime-valid
// inference for multinomial count data", 2022): with m_k predicted from earlier cells,
//   e = ∏_cells ∏_k m_k^{O_k} exp(−Σ_k (m_k − 1) E_k),   m_k ∝ (O_k + c) / (E_k + c),
// and min(1, 1 / max e) is a p-value at whatever time one looks. Valid however the versions change
// within a cell, even by what was drawn in it: an exposure drawn with propensities w multiplies e
// by a factor whose expectation is (1 + Σ w_k (m_k − 1)) exp(−Σ w_k (m_k − 1)) <= 1. (The
// multinomial likelihood ratio with w̄ in place of the w_i would be valid by Jensen's inequality
// only if they did not depend on the draws.) m is scaled so that Σ m_k E_k is n at the shares of
// the cell before; then this loses almost nothing to the multinomial one.
//
// Used by the health of the data in analytics. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace mab::bandit {

// The exposures of a minute or an hour. Both by arm.
struct SampleRatioCell {
  std::vector<double> observed;
  // The allocations of the arm at the versions of all exposures of the cell, summed. Rounding
  // apart, its sum over the arms is that of `observed`.
  std::vector<double> expected;
};

inline constexpr double kSparseExpected = 5;
// Of the anytime-valid p-value. An experiment without a fault raises the alarm with at most this
// probability in all its life.
inline constexpr double kSampleRatioAlarm = 0.001;

struct SampleRatio {
  double chi_square = 0;
  double degrees_of_freedom = 0;
  // Over cells, and of the totals. 1 where there is nothing to compare.
  double p_value = 1;
  double totals_p_value = 1;
  // Never rises as cells are added at the end.
  double anytime_p_value = 1;
  // Of all cells, by arm.
  std::vector<double> observed;
  std::vector<double> expected;
  // An arm has exposures in a cell in which it could not be drawn. Then all p-values are 0.
  bool impossible = false;
  // anytime_p_value is below kSampleRatioAlarm.
  bool alarm = false;
};

// `cells` in time order; any number of them, also none: hours of three months and minutes of two
// days take 2 ms with ten arms, 60 ms with a hundred. The first cell only teaches, so one cell
// alone never alarms by its ratio. What is less than 0 counts as 0. REQUIRES: every cell has `arms`
// entries, 1 to 100.
SampleRatio TestSampleRatio(const std::vector<SampleRatioCell>& cells, size_t arms);

}  // namespace mab::bandit
