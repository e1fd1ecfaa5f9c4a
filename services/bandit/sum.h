// The sum of a list of doubles, in its order.
#pragma once

#include <numeric>
#include <vector>

namespace mab::bandit {

inline double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace mab::bandit
