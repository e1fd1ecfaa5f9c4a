#include "bandit/beta_transform.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace mab::bandit {
namespace {

using Complex = std::complex<double>;

// log(1 + e^w), |Im w| < π.
Complex LogOnePlusExp(Complex w) {
  if (w.real() > 0) return w + LogOnePlusExp(-w);
  const Complex z = std::exp(w);
  return {0.5 * std::log1p(2 * z.real() + std::norm(z)), std::atan2(z.imag(), 1 + z.real())};
}

// 1 / (1 + e^−w).
Complex Share(Complex w) {
  if (w.real() > 0) return 1.0 / (1.0 + std::exp(-w));
  const Complex z = std::exp(w);
  return z / (1.0 + z);
}

}  // namespace

BetaTransform::BetaTransform(const Posterior& posterior)
    : minor_(std::min(posterior.alpha, posterior.beta)),
      major_(std::max(posterior.alpha, posterior.beta)),
      sign_(posterior.alpha <= posterior.beta ? 1.0 : -1.0),
      total_(minor_ + major_),
      mode_(std::log(minor_ / major_)),
      logit_({minor_, major_}) {
  // The spacing resolves the narrowest of: the posterior, with what oscillation there is before its
  // transform is gone; the distance to the singularities.
  constexpr double kDeviations = 0.25;
  constexpr double kSpacing = 0.25;
  constexpr double kNegligible = 1e-17;
  const double spacing = std::min(kSpacing, kDeviations * std::sqrt(1 / minor_ + 1 / major_));
  double sum = 0;
  for (double u = logit_.lower(); u < logit_.upper(); u += spacing) {
    const double weight = logit_.RelativeDensity(u);
    sum += weight;
    if (weight > kNegligible) real_line_.push_back({u, weight});
  }
  for (Node& node : real_line_) node.weight /= sum;
  peak_weight_ = 1 / sum;
  // Where less than kTail is left on either side.
  constexpr double kTail = 1e-15;
  size_t first = 0;
  for (double left = kTail; left > real_line_[first].weight; ++first) {
    left -= real_line_[first].weight;
  }
  size_t last = real_line_.size() - 1;
  for (double left = kTail; left > real_line_[last].weight; --last) {
    left -= real_line_[last].weight;
  }
  const double below = Excess(real_line_[first].logit);
  const double above = Excess(real_line_[last].logit);
  lowest_ = sign_ > 0 ? below : -above;
  highest_ = sign_ > 0 ? above : -below;
}

double BetaTransform::Excess(double logit) const {
  // The plain difference would leave a posterior of 1e9 trials eleven digits, and the transform a
  // noise of 1e-11.
  const double growth = std::expm1(logit - mode_);
  return minor_ / total_ * (major_ / total_) * growth / (1 + minor_ / total_ * growth);
}

void BetaTransform::Start(double step) {
  step_ = std::fabs(step);
  conjugate_ = (step < 0) != (sign_ < 0);
  index_ = 0;
  line_ = LineFor(0);
  MoveTo(line_.height, 0);
}

BetaTransform::Line BetaTransform::LineFor(double frequency) const {
  // With both parameters above it, the transform is below 1e-13 before the real line fails.
  constexpr double kSmooth = 400;
  constexpr double kForever = std::numeric_limits<double>::infinity();
  // tan of the last height.
  constexpr double kSteepest = 8;
  if (minor_ > kSmooth) return {0, kForever};
  const double relative = frequency / total_;
  if (relative < 0.5) return {0, 0.5 * total_};
  for (double end = 1; end < kSteepest; end *= 2) {
    if (relative < end) return {std::atan(end / std::numbers::sqrt2), end * total_};
  }
  return {std::atan(kSteepest), kForever};
}

void BetaTransform::MoveTo(double height, double frequency) {
  terms_.clear();
  if (height == 0) {
    for (const Node& node : real_line_) {
      const double share = Excess(node.logit);
      terms_.push_back(
          {std::polar(node.weight, frequency * share), std::polar(1.0, step_ * share)});
    }
    return;
  }
  const double mean = minor_ / total_;
  const Complex peak = minor_ * mode_ - total_ * LogOnePlusExp(mode_);
  for (const Node& node : real_line_) {
    const Complex w(node.logit, height);
    const Complex log_density = minor_ * w - total_ * LogOnePlusExp(w) - peak;
    const Complex share = Complex(0, 1) * (Share(w) - mean);
    terms_.push_back(
        {peak_weight_ * std::exp(log_density + frequency * share), std::exp(step_ * share)});
  }
}

std::complex<double> BetaTransform::Next() {
  // Products of the factors drift by a rounding error each.
  constexpr size_t kRefresh = 1024;
  ++index_;
  const double frequency = static_cast<double>(index_) * step_;
  if (frequency > line_.highest_frequency || index_ % kRefresh == 0) {
    line_ = LineFor(frequency);
    MoveTo(line_.height, frequency);
  } else {
    for (Term& term : terms_) {
      const double real =
          term.value.real() * term.factor.real() - term.value.imag() * term.factor.imag();
      const double imaginary =
          term.value.real() * term.factor.imag() + term.value.imag() * term.factor.real();
      term.value = {real, imaginary};
    }
  }
  Complex sum = 0;
  for (const Term& term : terms_) sum += term.value;
  return conjugate_ ? std::conj(sum) : sum;
}

}  // namespace mab::bandit
