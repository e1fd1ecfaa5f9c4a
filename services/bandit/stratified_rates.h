// The model behind stratified_posteriors.h: in stratum t arm k converts at rate λ_t ρ_k. λ_t is how
// fertile the hour is, ρ_k the arm, so that hours in which all convert more say nothing for the arm
// that happened to have the traffic.
//
// The ρ solve s_k = Σ_t s_t n_kt ρ_k / Σ_j n_jt ρ_j (s conversions, n trials; s_t those of all
// arms): the score of independent Poisson counts with λ_t profiled out, which is also that of the
// multinomial distribution of a stratum's conversions over the arms given their number. So there is
// no bias from estimating thousands of λ_t (Breslow & Day, "Statistical methods in cancer research"
// II, 1987, chapter 4), and the equations are unbiased for yes/no data of any rate.
//
// To them one more stratum is added, with the totals of all strata as trials and one conversion
// split as they are. It agrees with the pooled rates, changes nothing where strata agree with them,
// and keeps the solution finite where the strata cannot compare some arms.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/cholesky.h"

namespace mab::bandit {

// One hour of exposure. Both by arm, and of one length in all strata.
struct Stratum {
  // >= conversions; may be fractional (delay-weighted: conversions + Σ G(age) of the others).
  std::vector<double> trials;
  std::vector<double> conversions;
};

struct StratifiedRates {
  // ρ by arm, up to a common factor; 0 without conversions.
  std::vector<double> arm_factors;
  // λ by stratum, s_t / Σ_j n_jt ρ_j; 0 without conversions.
  std::vector<double> stratum_factors;
};

// By Newton's method with halved steps on the concave conditional log-likelihood, to 1e-9. Time: a
// pass over the strata is trials × arms; about three are made. REQUIRES: at least one arm; counts
// finite and >= 0.
StratifiedRates FitStratifiedRates(const std::vector<Stratum>& strata, size_t arms);

// What the strata know about ratios of the arms' ρ: Σ_t s_t (diag π_t − π_t π_tᵀ), π_kt = n_kt ρ_k
// / Σ_j n_jt ρ_j.
struct ContrastInformation {
  SquareMatrix information;
  // Σ_t s_t π_kt: the conversions of each arm, or what half a conversion would be spread as for an
  // arm that has none. Pooled counts claim the variance 1/pooled_i + 1/pooled_j for log ρ_i − log
  // ρ_j; the strata can't know it better than that.
  std::vector<double> pooled;
  // Arms of one number are linked by strata that have trials of both and a conversion; others can
  // only be compared pooled. By arm; −1 for an arm without any trial beside a conversion.
  std::vector<int> component;
};

ContrastInformation InformationOfStrata(const std::vector<Stratum>& strata,
                                        const StratifiedRates& rates);

}  // namespace mab::bandit
