// What the statistical tests share: seeded users, and tests with a stated error rate. Seeds are
// fixed, so a test's verdict never changes from run to run; its error rate is the probability that
// correct code fails at a seed drawn anew.
#pragma once

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/user_hash.h"

namespace mab::bandit {

// Of every statistical test, at a fresh seed. About 100 are made, so all pass with probability
// 0.9999.
inline constexpr double kErrorRate = 1e-6;

inline UserHash TestUser(uint64_t seed, uint64_t index) {
  return HashUser("statistical seed", std::to_string(seed) + "/" + std::to_string(index));
}

inline Salt TestSalt(uint8_t first) {
  Salt salt{};
  salt[0] = first;
  return salt;
}

// The p-value of Pearson's chi-square: observed counts against probabilities that sum to 1. Cells
// of probability 0 must be empty, or the p-value is 0. Every other expected count should be 5 or
// more.
inline double ChiSquarePValue(const std::vector<uint64_t>& observed,
                              const std::vector<double>& probabilities) {
  double count = 0;
  for (uint64_t cell : observed) count += static_cast<double>(cell);
  double statistic = 0;
  int cells = 0;
  for (size_t i = 0; i < observed.size(); ++i) {
    const double expected = count * probabilities[i];
    if (expected <= 0) {
      if (observed[i] != 0) return 0;
      continue;
    }
    const double gap = static_cast<double>(observed[i]) - expected;
    statistic += gap * gap / expected;
    ++cells;
  }
  if (cells < 2) return 1;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(cells - 1), statistic));
}

// The p-value of Kolmogorov and Smirnov's test that `values` (probability transforms) are uniform
// on [0, 1]; the asymptotic series with Stephens' correction.
inline double KolmogorovPValue(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double n = static_cast<double>(values.size());
  double gap = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double below = static_cast<double>(i) / n;
    gap = std::max({gap, values[i] - below, below + 1 / n - values[i]});
  }
  const double scaled = gap * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  double sum = 0;
  for (int k = 1; k <= 100; ++k) {
    sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * scaled * scaled);
  }
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace mab::bandit
