// How much less than its pooled counts an arm's estimate is worth when arms are compared within
// strata only.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/stratified_rates.h"

namespace mab::bandit {

struct ContrastVariances {
  // Of log ρ_i − log ρ_j within strata; infinite where no stratum links the two. 0 on the diagonal.
  SquareMatrix stratified;
  // The same for pooled counts: 1/pooled_i + 1/pooled_j; never more than `stratified`. Infinite for
  // an arm that is in no component.
  SquareMatrix pooled;
};

ContrastVariances VariancesOfContrasts(const ContrastInformation& known);

// By arm, f in (0, 1]: the arm's effective counts over its pooled ones. Quasi-variances (Firth & de
// Menezes, "Quasi-variances", Biometrika 2004): with q_k = 1 / (f_k pooled_k), q_i + q_j is the
// stratified variance of the contrast of i and j, by least squares of the relative errors, weighted
// by what pooled counts know of the pair; exact for two arms and, where all f <= 1, for three. 1
// where shares are constant, and for an arm that no stratum links to another: such can only be
// compared pooled.
std::vector<double> EffectiveShares(const ContrastInformation& known,
                                    const ContrastVariances& variances);

}  // namespace mab::bandit
