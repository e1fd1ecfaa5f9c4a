#include "bandit/quasi_variance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace mab::bandit {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

bool Linked(const ContrastInformation& known, size_t i, size_t j) {
  return known.component[i] >= 0 && known.component[i] == known.component[j];
}

}  // namespace

ContrastVariances VariancesOfContrasts(const ContrastInformation& known) {
  const size_t arms = known.pooled.size();
  // The information is singular along each component's (1, …, 1), which no contrast within it sees.
  SquareMatrix matrix = known.information;
  for (size_t i = 0; i < arms; ++i) {
    if (known.component[i] < 0) {
      matrix.at(i, i) = 1;
      continue;
    }
    double trace = 0;
    double members = 0;
    for (size_t j = 0; j < arms; ++j) {
      if (!Linked(known, i, j)) continue;
      trace += known.pooled[j];
      ++members;
    }
    for (size_t j = 0; j < arms; ++j) {
      if (Linked(known, i, j)) matrix.at(i, j) += trace / (members * members);
    }
  }
  const SquareMatrix covariance = Cholesky(matrix).Inverse();
  ContrastVariances variances{SquareMatrix(arms), SquareMatrix(arms)};
  for (size_t i = 0; i < arms; ++i) {
    for (size_t j = 0; j < arms; ++j) {
      if (i == j) continue;
      const bool counted = known.component[i] >= 0 && known.component[j] >= 0;
      const double pooled = counted ? 1 / known.pooled[i] + 1 / known.pooled[j] : kUnknown;
      const double stratified = covariance.at(i, i) + covariance.at(j, j) - 2 * covariance.at(i, j);
      variances.pooled.at(i, j) = pooled;
      variances.stratified.at(i, j) = Linked(known, i, j) ? std::max(pooled, stratified) : kUnknown;
    }
  }
  return variances;
}

std::vector<double> EffectiveShares(const ContrastInformation& known,
                                    const ContrastVariances& variances) {
  // A weak pull towards the mean of the arm's own ratios decides where pairs do not: two arms.
  constexpr double kPull = 1e-6;
  const size_t arms = known.pooled.size();
  // Unknowns: q_k pooled_k, the inverse of f_k.
  SquareMatrix normal(arms);
  std::vector<double> right_side(arms, 0.0);
  for (size_t i = 0; i < arms; ++i) {
    double weights = 0;
    double ratios = 0;
    for (size_t j = 0; j < arms; ++j) {
      if (i == j || !Linked(known, i, j)) continue;
      const double variance = variances.stratified.at(i, j);
      const double weight = 1 / variances.pooled.at(i, j);
      const double mine = 1 / (known.pooled[i] * variance);
      const double other = 1 / (known.pooled[j] * variance);
      normal.at(i, i) += weight * mine * mine;
      normal.at(i, j) += weight * mine * other;
      right_side[i] += weight * mine;
      weights += weight;
      ratios += weight * variance / variances.pooled.at(i, j);
    }
    const double pull = weights > 0 ? kPull * normal.at(i, i) : 1;
    normal.at(i, i) += pull;
    right_side[i] += pull * (weights > 0 ? ratios / weights : 1);
  }
  std::vector<double> shares = Cholesky(normal).Solve(right_side);
  for (double& share : shares) share = 1 / std::max(1.0, share);
  return shares;
}

}  // namespace mab::bandit
