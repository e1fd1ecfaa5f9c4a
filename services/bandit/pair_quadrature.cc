#include "bandit/pair_quadrature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bandit/gauss_panel.h"

namespace mab::bandit {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// As good as no shift, for maps that take a logarithm of it.
constexpr double kNoShift = 1e-300;

// Where the other rate is when one rate has the logit u, and how fast its logit moves with the
// shift's parameter.
struct Shifted {
  double logit;
  double speed;
};

// How a rate is moved. Three maps, each from the logit that moves faster to the one that moves
// slower, growing and analytic but for branch points at Bend() ± iπ and, if finite, at End().

// θ -> θ: no shift at all.
struct NoShift {
  Shifted At(double u) const { return {u, 1}; }
  double Inverse(double v) const { return v; }
  double Bend() const { return -kInfinity; }
  double End() const { return kInfinity; }
};

// θ -> θ + d with d > 0, for 2 θ + d < 1. The speed is by d.
struct RaisedBy {
  explicit RaisedBy(double shift) : d(shift) {}

  Shifted At(double u) const {
    const double odds = std::exp(u);
    const double added = d * (1 + odds);
    const double misses = (1 - d) - d * odds;  // of 1 + odds
    const double raised = (odds + added) / misses;
    // Where little is added, the logit is the old one and little.
    const double logit =
        added < odds ? u + std::log1p(added * (1 + odds) / (odds * misses)) : std::log(raised);
    return {logit, (1 + raised) * (1 + raised) / raised};
  }
  double Inverse(double v) const {
    if (v == kInfinity) return kInfinity;
    const double odds = std::exp(v);
    const double left = odds - d * (1 + odds);
    return left > 0 ? std::log(left / (1 + d * (1 + odds))) : -kInfinity;
  }
  double Bend() const { return std::log(d) - std::log1p(d); }
  double End() const { return std::log1p(-d) - std::log(d); }
  // The logit of θ = (1 − d) / 2.
  double Middle() const { return std::log1p(-d) - std::log1p(d); }

  double d;
};

// θ -> θ / e^s with s > 0. The speed is by s, and without its sign.
struct DividedBy {
  explicit DividedBy(double log_ratio) : s(log_ratio), excess(std::expm1(s)), ratio(std::exp(s)) {}

  Shifted At(double u) const {
    const double odds = std::exp(-std::fabs(u));
    const double rate = (u < 0 ? odds : 1) / (1 + odds);
    const double miss = (u < 0 ? 1 : odds) / (1 + odds);
    // 1 − θ / e^s = (e^s − 1 + 1 − θ) / e^s.
    const double growth = excess / miss;
    const double logit = growth < 1 ? u - std::log1p(growth) : std::log(rate / (excess + miss));
    return {logit, ratio / (excess + miss)};
  }
  double Inverse(double v) const {
    const double share = excess * std::exp(v);
    return share < 1 ? v + s - std::log1p(-share) : kInfinity;
  }
  double Bend() const { return -std::log(-std::expm1(-s)); }
  double End() const { return kInfinity; }

  double s;
  double excess;
  double ratio;
};

// How long the panels of an integral are, in panels that resolve a density's interpolation: a
// quadrature is exact to twice the degree.
constexpr double kStride = 2.5;
constexpr double kCoarseStride = 3.5;

// How far a panel from `left` may go for the sake of the map's branch points, seen from which 16
// nodes resolve it to 1e-15.
double LengthBesideBranchPoints(double bend, double end, double left) {
  constexpr double kLength = 3;
  constexpr double kDistance = 1.35;  // From `left` to a real branch point, in panels.
  const double length =
      left < bend ? std::max(kLength, (bend - left + kLength) / 2) : kLength + (left - bend);
  return std::min(length, (end - left) / kDistance);
}

// ∫ f_fast(u) F_slow(v(u)) du and ∫ f_fast(u) S_slow(v(u)) du for u < limit, and the former's
// derivative.
template <typename Shift>
Cumulative SumOver(const TabulatedDistribution& fast, const TabulatedDistribution& slow,
                   const Shift& shift, double limit, double stride = kStride) {
  // Rounding of the map must not stop the march.
  constexpr double kShortest = 1e-9;
  const GaussPanel& rule = TheGaussPanel();
  const double end = std::min(fast.upper(), limit);
  const double from = std::min(end, std::max(fast.lower(), shift.Inverse(slow.lower())));
  const double to = std::max(from, std::min(end, shift.Inverse(slow.upper())));
  const double bend = shift.Bend();
  const double branch = shift.End();
  Cumulative sum;
  size_t fast_cursor = 0;
  size_t slow_cursor = 0;
  for (double left = from; left < to;) {
    const double right = std::min(
        {to, fast.Advance(left, stride), left + LengthBesideBranchPoints(bend, branch, left),
         std::max(left + kShortest, shift.Inverse(slow.Advance(shift.At(left).logit, stride)))});
    const double half = (right - left) / 2;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const double u = left + half * (1 + rule.nodes[i]);
      const Shifted shifted = shift.At(u);
      const auto here = fast.Read(u, fast_cursor);
      const auto there = slow.Read(shifted.logit, slow_cursor);
      const double weight = half * rule.weights[i] * here.density;
      sum.below += weight * there.below;
      sum.above += weight * there.above;
      sum.density += weight * there.density * shifted.speed;
    }
    left = right;
  }
  // Before `from` F_slow is 0, after `to` it is 1.
  if (from > fast.lower()) sum.above += fast.Read(from).below;
  if (to < end) sum.below += std::max(0.0, fast.Read(end).below - fast.Read(to).below);
  return sum;
}

// Rounding may leave the two a few 1e-16 from a sum of 1.
Cumulative Normalised(Cumulative sum) {
  sum.below = std::clamp(sum.below, 0.0, 1.0);
  sum.above = std::clamp(sum.above, 0.0, 1.0);
  return sum;
}

// P(Y − X <= d) for d > 0.
Cumulative DifferenceAtPositive(const RateDistribution& x, const RateDistribution& y, double d) {
  const RaisedBy shift(d);
  const double middle = shift.Middle();
  const Cumulative low = SumOver(x.rate, y.rate, shift, middle);
  const Cumulative high = SumOver(y.miss, x.miss, shift, middle);
  const auto x_middle = x.rate.Read(middle);
  const auto y_middle = y.rate.Read(-middle);
  // Y is below X + d: with X in the low half; with X in the high half and Y in its low half; with
  // both high.
  const double below = low.below + x_middle.above * y_middle.below + high.below;
  // Y is above X + d: X in the low half, or Y in its high half; both are counted twice.
  const double above = low.above + high.above - x_middle.below * y_middle.above;
  return Normalised({below, above, low.density + high.density});
}

}  // namespace

RateOrder CompareRates(const RateDistribution& x, const RateDistribution& y) {
  const Cumulative sum = Normalised(SumOver(x.rate, y.rate, NoShift{}, kInfinity));
  // The same once more, over the other rate and on longer panels.
  const Cumulative check = SumOver(y.rate, x.rate, NoShift{}, kInfinity, kCoarseStride);
  const double error =
      std::max(std::fabs(sum.below - check.above), std::fabs(sum.above - check.below));
  return {sum.below, sum.above, error};
}

Cumulative DifferenceAt(const RateDistribution& x, const RateDistribution& y, double d) {
  if (d >= 0) return DifferenceAtPositive(x, y, std::max(d, kNoShift));
  const Cumulative swapped = DifferenceAtPositive(y, x, -d);
  return {swapped.above, swapped.below, swapped.density};
}

Cumulative LogRatioAt(const RateDistribution& x, const RateDistribution& y, double s) {
  if (s < 0) return Normalised(SumOver(x.rate, y.rate, DividedBy(-s), kInfinity));
  const Cumulative sum = SumOver(y.rate, x.rate, DividedBy(std::max(s, kNoShift)), kInfinity);
  return Normalised({sum.above, sum.below, sum.density});
}

}  // namespace mab::bandit
