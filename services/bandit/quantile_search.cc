#include "bandit/quantile_search.h"

#include <algorithm>
#include <cmath>

namespace mab::bandit {
namespace {

// Between two points of one sign the geometric mean when they are orders of magnitude apart.
double Between(double low, double high) {
  constexpr double kSmallest = 1e-300;
  constexpr double kOrder = 8;
  if (low < 0 && high <= 0) return -Between(-high, -low);
  if (low >= 0 && high > kOrder * low) return std::sqrt(std::max(low, kSmallest) * high);
  return low + (high - low) / 2;
}

bool Inside(double x, double low, double high) { return x > low && x < high; }

// Where to look next, from x with the logit of F `missing` short of the target and a slope of the
// logit. A straight step; where that leaves the bracket a step in log |x|, which is the straight
// one for F ~ |x|^c; else the middle.
double NextPoint(double x, double missing, double slope, double low, double high) {
  const double step = missing / slope;
  if (Inside(x + step, low, high)) return x + step;
  if (low >= 0 || high <= 0) {
    const double scaled = x * std::exp(step / x);
    if (Inside(scaled, low, high)) return scaled;
  }
  return Between(low, high);
}

}  // namespace

double FindQuantile(const QuantileSearch& search, absl::FunctionRef<Cumulative(double)> evaluate) {
  constexpr int kSteps = 200;
  // Newton squares what is left.
  constexpr double kTolerance = 3e-7;
  const double target = std::log(search.below / search.above);
  double low = search.low;
  double high = search.high;
  double x = Inside(search.guess, low, high) ? search.guess : Between(low, high);
  for (int i = 0; i < kSteps; ++i) {
    const Cumulative at = evaluate(x);
    (at.below < search.below ? low : high) = x;
    if (at.below <= 0 || at.above <= 0 || !(at.density > 0)) {
      x = Between(low, high);
      continue;
    }
    const double missing = target - std::log(at.below / at.above);
    const double slope = at.density / (at.below * at.above);
    if (std::fabs(missing) <= kTolerance)
      return std::clamp(x + missing / slope, search.low, search.high);
    const double next = NextPoint(x, missing, slope, low, high);
    if (next == x) return x;
    x = next;
  }
  return x;
}

}  // namespace mab::bandit
