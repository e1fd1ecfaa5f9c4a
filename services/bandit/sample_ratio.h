// Whether the arms get the exposures that were drawn for them: the sample-ratio test, against the
// logged propensities and not against equal or intended shares, so that it is right while the
// allocations move. A variant whose page breaks before it reports its exposure fails it, and then
// none of the experiment's numbers can be trusted.
//
// Made for looking again and again: an e-process by Robbins' method of mixtures (after Lindon &
// Malek, "Anytime-valid inference for multinomial count data", 2022). Were arm k seen m_k times as
// often as drawn, its O_k exposures where E_k are expected would have the likelihood ratio m_k^O_k
// exp(−(m_k − 1) E_k). With m_k ~ Gamma(c, c), of mean 1, the mixture over all arms is
//   e(O, E) = ∏_k c^c Γ(c + O_k) e^{E_k} / (Γ(c) (c + E_k)^{c + O_k}),
// and min(1, 1 / max e) over all moments so far is a p-value at whatever time one looks.
//
// Valid however the versions change, even by what was just drawn: an exposure drawn with
// propensities w multiplies the ratio of fixed m by a factor whose expectation is (1 + δ) e^−δ <=
// 1, δ = Σ w_k (m_k − 1); so each is a supermartingale, and so is their mixture. Of the running
// totals only: how time is cut into cells does not move e, it only says at which moments one looks.
//
// Used by the health of the data in analytics. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace mab::bandit {

// The exposures of some minutes or hours. Both by arm.
struct SampleRatioCell {
  std::vector<double> observed;
  // The allocations of the arm at the versions of all exposures of the cell, summed. Rounding
  // apart, its sum over the arms is that of `observed`.
  std::vector<double> expected;
};

// c above: losses of about 1/√c of an arm's exposures are what is looked for. Of those between 100
// and 3,000 this one finds losses of 5 % soonest and those of 2 % and 10 % about as soon as any.
inline constexpr double kSampleRatioConcentration = 1000;
// Of the anytime-valid p-value. An experiment without a fault raises the alarm with at most this
// probability in all its life.
inline constexpr double kSampleRatioAlarm = 0.001;

struct SampleRatio {
  // 1 where there is nothing to compare. Never rises as cells are added at the end.
  double anytime_p_value = 1;
  // Of all cells, by arm.
  std::vector<double> observed;
  std::vector<double> expected;
  // An arm has exposures in a cell in which it could not be drawn. Then the p-value is 0.
  bool impossible = false;
  // anytime_p_value is below kSampleRatioAlarm.
  bool alarm = false;
};

// The logarithm of e of totals; absolute error about 1e-15 of the expected exposures. REQUIRES:
// both have the same length; counts finite and >= 0.
double LogSampleRatioEvidence(const std::vector<double>& observed,
                              const std::vector<double>& expected);

// `cells` in time order; any number of them, also none: hours of three months take 0.1 ms with two
// arms, 6 ms with a hundred. What is less than 0 counts as 0. REQUIRES: every cell has `arms`
// entries, 1 to 100.
SampleRatio TestSampleRatio(const std::vector<SampleRatioCell>& cells, size_t arms);

}  // namespace mab::bandit
