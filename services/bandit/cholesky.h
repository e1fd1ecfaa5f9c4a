// Systems of linear equations whose matrix is symmetric and positive definite, of up to a few
// hundred unknowns: what fitting the strata's model needs (stratified_rates.h, quasi_variance.h).
//
// Thread safety: Cholesky is immutable.
#pragma once

#include <cstddef>
#include <vector>

namespace mab::bandit {

// By rows; both halves are kept.
class SquareMatrix {
 public:
  explicit SquareMatrix(size_t size) : size_(size), entries_(size * size, 0.0) {}
  size_t size() const { return size_; }
  double& at(size_t row, size_t column) { return entries_[row * size_ + column]; }
  double at(size_t row, size_t column) const { return entries_[row * size_ + column]; }

 private:
  size_t size_;
  std::vector<double> entries_;
};

class Cholesky {
 public:
  // Reads the lower half. Where rounding has left a matrix singular, the pivot is raised to 1e-14
  // of the diagonal's entry, so that the solution is large in that direction but finite. REQUIRES:
  // a positive diagonal.
  explicit Cholesky(const SquareMatrix& matrix);

  std::vector<double> Solve(std::vector<double> right_side) const;
  SquareMatrix Inverse() const;

 private:
  SquareMatrix lower_;
};

}  // namespace mab::bandit
