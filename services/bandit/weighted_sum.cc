#include "bandit/weighted_sum.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

#include "bandit/beta_transform.h"
#include "bandit/quantile_search.h"

namespace mab::bandit {
namespace {

using Complex = std::complex<double>;

// The distribution of a sum of independent c_k (θ_k − m_k) by its Fourier series, of as many terms
// as were asked for so far.
class SumDistribution {
 public:
  struct Arm {
    Posterior posterior;
    double weight;
  };

  explicit SumDistribution(const std::vector<Arm>& arms);

  double lowest() const { return lowest_; }
  double highest() const { return highest_; }
  size_t nodes() const { return nodes_; }
  // The terms that are left out are 0.
  bool complete() const { return complete_; }

  void ExtendTo(size_t terms);
  // The probabilities have an absolute error, and may be a little below 0.
  Cumulative At(double y) const;

 private:
  // Fills series_.
  void TaperSeries();

  std::vector<BetaTransform> transforms_;
  double lowest_ = 0;
  double highest_ = 0;
  size_t nodes_ = 0;
  // The period's length and its beginning, in the middle of what the support leaves free.
  double period_ = 0;
  double origin_ = 0;
  // Of terms 1, 2, …: E exp(2πi term · sum / period).
  std::vector<Complex> coefficients_;
  bool complete_ = false;
  // The same, as much as each counts.
  std::vector<Complex> series_;
  // What is subtracted so that the probability begins at 0.
  double at_origin_ = 0;
};

SumDistribution::SumDistribution(const std::vector<Arm>& arms) {
  // The support fills the period but for a gap.
  constexpr double kGap = 0.05;
  for (const Arm& arm : arms) {
    const BetaTransform& transform = transforms_.emplace_back(arm.posterior);
    const double first = arm.weight * transform.lowest();
    const double second = arm.weight * transform.highest();
    lowest_ += std::min(first, second);
    highest_ += std::max(first, second);
    nodes_ += transform.nodes();
  }
  period_ = (1 + kGap) * (highest_ - lowest_);
  origin_ = lowest_ - kGap / 2 * (highest_ - lowest_);
  for (size_t k = 0; k < arms.size(); ++k) {
    transforms_[k].Start(arms[k].weight * 2 * std::numbers::pi / period_);
  }
}

void SumDistribution::ExtendTo(size_t terms) {
  // The transform of a sum, once below, stays there; a single one may be a zero of it.
  constexpr double kNegligible = 1e-14;
  constexpr size_t kInSuccession = 6;
  size_t negligible = 0;
  while (coefficients_.size() < terms && !complete_) {
    Complex product = 1;
    for (BetaTransform& transform : transforms_) product *= transform.Next();
    coefficients_.push_back(product);
    negligible = std::abs(product) < kNegligible ? negligible + 1 : 0;
    complete_ = negligible == kInSuccession;
  }
  TaperSeries();
  at_origin_ = 0;
  at_origin_ = At(origin_).below;
}

void SumDistribution::TaperSeries() {
  constexpr double kSteepness = 10;
  constexpr double kMiddle = 0.5;
  series_ = coefficients_;
  if (complete_) return;
  // From 1 smoothly to 0, so that what is left out cancels, to some 1e-11, but within 16 / terms of
  // the period from a singularity of the distribution.
  const size_t count = series_.size();
  for (size_t j = 0; j < count; ++j) {
    const double place = static_cast<double>(j) / static_cast<double>(count);
    series_[j] *= 0.5 * std::erfc(kSteepness * (place - kMiddle));
  }
}

Cumulative SumDistribution::At(double y) const {
  const double angle = 2 * std::numbers::pi * y / period_;
  const Complex turn = std::polar(1.0, -angle);
  // Products of `turn` drift by a rounding error each.
  constexpr size_t kRefresh = 256;
  Complex power = 1;
  double probability = 0;
  double density = 0;
  for (size_t j = 1; j <= series_.size(); ++j) {
    const double dj = static_cast<double>(j);
    power = j % kRefresh == 0 ? std::polar(1.0, -angle * dj) : power * turn;
    const Complex term = series_[j - 1] * power;
    probability -= term.imag() / dj;
    density += term.real();
  }
  const double below = (y - origin_) / period_ + probability / std::numbers::pi - at_origin_;
  return {below, 1 - below, (1 + 2 * density) / period_};
}

double Quantile(const SumDistribution& sum, double below, double guess) {
  const QuantileSearch search{below, 1 - below, sum.lowest(), sum.highest(), guess};
  return FindQuantile(search, [&](double y) { return sum.At(y); });
}

// The interval of the centred sum, with as many terms as its ends need.
Interval CentredInterval(const std::vector<SumDistribution::Arm>& arms, double level) {
  constexpr size_t kFirstTerms = 128;
  constexpr size_t kMostTerms = 65'536;
  // Terms times nodes: some 1.5 ns each.
  constexpr size_t kMostWork = 16'000'000;
  // How much the masses beyond the ends may still move when the series doubles.
  constexpr double kTolerance = 1e-11;
  SumDistribution sum(arms);
  const size_t most = std::clamp(kMostWork / sum.nodes(), kFirstTerms, kMostTerms);
  const double tail = (1 - level) / 2;
  Interval interval{0, 0};
  for (size_t terms = kFirstTerms;; terms *= 2) {
    sum.ExtendTo(std::min(terms, most));
    const double moved = std::max(std::fabs(sum.At(interval.lower).below - tail),
                                  std::fabs(sum.At(interval.upper).below - (1 - tail)));
    if (terms > kFirstTerms && moved <= kTolerance) return interval;
    interval.lower = Quantile(sum, tail, interval.lower);
    interval.upper = Quantile(sum, 1 - tail, interval.upper);
    if (sum.complete() || terms >= most) break;
  }
  return {interval.lower, std::max(interval.lower, interval.upper)};
}

double Deviation(const Posterior& posterior) {
  const double total = posterior.alpha + posterior.beta;
  return std::sqrt(posterior.alpha / total * (posterior.beta / total) / (total + 1));
}

Interval IntervalOfOne(const Posterior& posterior, double weight, double level) {
  const Interval rate = CredibleInterval(posterior, level);
  const double first = weight * rate.lower;
  const double second = weight * rate.upper;
  return {std::min(first, second), std::max(first, second)};
}

}  // namespace

WeightedSum SummarizeWeightedSum(const std::vector<Posterior>& posteriors,
                                 const std::vector<double>& weights, double level) {
  // An arm that spreads the sum by less is counted with its mean: a shift of the others' quantiles
  // that no probability above 1e-11 can tell.
  constexpr double kNegligible = 1e-12;
  double scale = 0;
  for (size_t k = 0; k < weights.size(); ++k) {
    scale = std::max(scale, std::fabs(weights[k]) * Deviation(posteriors[k]));
  }
  WeightedSum result{0, {0, 0}};
  Interval support{0, 0};
  double constant = 0;
  std::vector<SumDistribution::Arm> arms;
  for (size_t k = 0; k < weights.size(); ++k) {
    const Posterior& posterior = posteriors[k];
    const double mean = weights[k] * posterior.mean();
    result.mean += mean;
    support.lower += std::min(0.0, weights[k]);
    support.upper += std::max(0.0, weights[k]);
    if (std::fabs(weights[k]) * Deviation(posterior) <= kNegligible * scale) {
      constant += mean;
    } else {
      arms.push_back({posterior, weights[k] / scale});
    }
  }
  if (arms.empty()) return {result.mean, {result.mean, result.mean}};
  if (arms.size() == 1) {
    result.interval = IntervalOfOne(arms[0].posterior, scale * arms[0].weight, level);
    result.interval.lower += constant;
    result.interval.upper += constant;
  } else {
    const Interval centred = CentredInterval(arms, level);
    result.interval = {result.mean + scale * centred.lower, result.mean + scale * centred.upper};
  }
  result.interval.lower = std::clamp(result.interval.lower, support.lower, support.upper);
  result.interval.upper = std::clamp(result.interval.upper, support.lower, support.upper);
  return result;
}

}  // namespace mab::bandit
