#include "bandit/stirling.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace mab::bandit {

double StirlingError(double x) {
  // B_{2k} / (2k (2k − 1)): the first seven terms of Stirling's series.
  constexpr std::array<double, 7> kSeries = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                             1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  constexpr double kLarge = 10;
  double error = 0;
  for (; x < kLarge; ++x) error += (x + 0.5) * std::log1p(1 / x) - 1;
  const double square = 1 / (x * x);
  double sum = 0;
  for (size_t k = kSeries.size(); k-- > 0;) sum = sum * square + kSeries[k];
  return error + sum / x;
}

}  // namespace mab::bandit
