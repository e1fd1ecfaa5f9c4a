#include "bandit/cholesky.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mab::bandit {

Cholesky::Cholesky(const SquareMatrix& matrix) : lower_(matrix) {
  constexpr double kSmallestPivot = 1e-14;
  for (size_t column = 0; column < lower_.size(); ++column) {
    double pivot = lower_.at(column, column);
    for (size_t k = 0; k < column; ++k) pivot -= lower_.at(column, k) * lower_.at(column, k);
    pivot = std::sqrt(std::max(pivot, kSmallestPivot * lower_.at(column, column)));
    lower_.at(column, column) = pivot;
    for (size_t row = column + 1; row < lower_.size(); ++row) {
      double entry = lower_.at(row, column);
      for (size_t k = 0; k < column; ++k) entry -= lower_.at(row, k) * lower_.at(column, k);
      lower_.at(row, column) = entry / pivot;
    }
  }
}

std::vector<double> Cholesky::Solve(std::vector<double> right_side) const {
  std::vector<double> x = std::move(right_side);
  for (size_t row = 0; row < x.size(); ++row) {
    for (size_t k = 0; k < row; ++k) x[row] -= lower_.at(row, k) * x[k];
    x[row] /= lower_.at(row, row);
  }
  for (size_t row = x.size(); row-- > 0;) {
    for (size_t k = row + 1; k < x.size(); ++k) x[row] -= lower_.at(k, row) * x[k];
    x[row] /= lower_.at(row, row);
  }
  return x;
}

SquareMatrix Cholesky::Inverse() const {
  SquareMatrix inverse(lower_.size());
  for (size_t column = 0; column < lower_.size(); ++column) {
    std::vector<double> unit(lower_.size(), 0.0);
    unit[column] = 1;
    const std::vector<double> solution = Solve(std::move(unit));
    for (size_t row = 0; row < lower_.size(); ++row) inverse.at(row, column) = solution[row];
  }
  return inverse;
}

}  // namespace mab::bandit
