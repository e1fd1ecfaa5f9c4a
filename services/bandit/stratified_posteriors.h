// Variants compared within hours of exposure, for experiments whose conversion rate moves by hour
// or day while their allocations move too.
//
// Why: pooled counts then mislead (Simpson's paradox). An arm that got most of its traffic at
// night, when everybody converts less, looks worse than it is, and no number of users cures it.
//
// How: stratum t is an hour of exposure, and arm k converts in it at rate λ_t ρ_k
// (stratified_rates.h). An exposure in a fertile hour counts for more: adjusted trials n*_k = Σ_t
// n_kt λ_t / λ̄, with λ̄ the mean of λ over all trials. s_k / n*_k is the rate that arm k would have
// had, had all arms seen the same mix of hours (indirect standardisation). Σ n*_k is the number of
// trials. Where shares or rates are constant, n*_k is n_k: the answer is the pooled one.
//
// What the comparison between hours says of arms is not used, so the data weigh less: f_k <= 1
// (quasi_variance.h), and the posterior is Beta(alpha + f_k s_k, beta + f_k (n*_k − s_k)). Being
// Betas, everything else in this directory works on them.
//
// The λ_t take up whatever all exposures of an hour share, an error in the distribution of delays
// (delay_distribution.h) included.
//
// Used by analytics. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/stratified_rates.h"

namespace mab::bandit {

// How much the conversion rate moves from hour to hour, in strata pooled in their order until each
// is expected to have kExpectedConversions.
struct RateSwing {
  static constexpr double kExpectedConversions = 10;
  // Standard deviation over mean of the rate, the noise of counting taken out (DerSimonian & Laird
  // 1986). A sine of amplitude A has A/√2.
  double relative_swing = 0;
  // Of the hypothesis that each arm's rate is the same in all strata: χ², cells − 1 degrees of
  // freedom. 1 with fewer than two cells.
  double p_value = 1;
};

struct StratifiedArm {
  double trials = 0;
  double conversions = 0;
  // n*, at least `conversions`.
  double adjusted_trials = 0;
  // conversions / adjusted_trials; 0 without adjusted trials.
  double rate = 0;
  // f, in (0, 1].
  double effective_share = 1;
  Posterior posterior;
  // With the trials as they are: Beta(alpha + s, beta + n − s).
  Posterior pooled_posterior;
};

struct Stratification {
  std::vector<StratifiedArm> arms;
  // λ_t / λ̄ by stratum; 1 in all of them where there are no conversions. Of one exposure to arm k
  // in stratum t, stratum_factors[t] · θ_k conversions are expected, with θ_k of `posterior`.
  std::vector<double> stratum_factors;
  RateSwing swing;
  // Some two arms with conversions never share a stratum with conversions, and are compared pooled.
  bool disconnected = false;
  // The largest shift of a contrast between a leading arm (by either answer) and another, from the
  // pooled to the stratified answer, in pooled standard deviations of that contrast. Only arms that
  // are eligible and have trials in a stratum with conversions take part. A leading arm has the
  // greatest P(best) of those with at least kLeaderConversions: one conversion of one trial is best
  // with 99 % by its posterior, but no contrast with it can show anything.
  double shift = 0;
  // The answers disagree: some such contrast is shifted by at least kMaterialShiftOfContrast, and
  // by more than chance does where rates are constant: then the shift's variance is the stratified
  // less the pooled one (Hausman, "Specification tests in econometrics", 1978), and its p-value
  // must be below kDisagreementPValue over the number of such contrasts.
  bool disagrees = false;
};

inline constexpr double kMaterialShiftOfContrast = 0.5;
inline constexpr double kDisagreementPValue = 0.001;
inline constexpr double kLeaderConversions = 10;

// `priors`: one for all arms or one for each. Any number of strata (2,200 hours is what is asked
// for: 2 ms with 10 arms, 80 ms with 100), also none. What is less than 0 counts as 0, trials less
// than conversions as those. `eligible`: by arm, whether it can be served; all where it is empty.
// Arms that are not are estimated like the others and tell of the hours. REQUIRES: 1 to 100 arms;
// priors has one entry or as many as each stratum's vectors; eligible has none or as many.
Stratification Stratify(const std::vector<Stratum>& strata, const std::vector<Posterior>& priors,
                        size_t arms, const std::vector<bool>& eligible = {});

}  // namespace mab::bandit
