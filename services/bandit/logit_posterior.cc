#include "bandit/logit_posterior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "bandit/stirling.h"

namespace mab::bandit {
namespace {

// 1/3, 1/5, 1/7, …: what v³ (1/3 + v²/5 + v⁴/7 + …) = atanh(v) − v needs to 2^-53 where v² <=
// 0.023.
constexpr std::array<double, 10> kAtanhSeries = {1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                                 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};

// r − log(1 + r) for −0.27 <= r <= 0.35, to full relative precision. With v = r / (2 + r),
// log(1 + r) = 2 atanh(v) and r − 2 v = r v.
double DevianceTerm(double r) {
  const double v = r / (2 + r);
  const double square = v * v;
  double sum = 0;
  for (size_t k = kAtanhSeries.size(); k-- > 0;) sum = sum * square + kAtanhSeries[k];
  return v * (r - 2 * square * sum);
}

// log(alpha / beta): next to 0 the quotient would have rounded too early for posteriors as narrow
// as 1e-5.
double Mode(const Posterior& posterior) {
  const double excess = (posterior.alpha - posterior.beta) / posterior.beta;
  return std::fabs(excess) < 0.5 ? std::log1p(excess) : std::log(posterior.alpha / posterior.beta);
}

}  // namespace

LogitPosterior::LogitPosterior(const Posterior& posterior)
    : mode_(Mode(posterior)),
      minor_(std::min(posterior.alpha, posterior.beta)),
      major_(std::max(posterior.alpha, posterior.beta)),
      sign_(posterior.alpha <= posterior.beta ? 1.0 : -1.0),
      total_(minor_ + major_),
      minor_share_(minor_ / total_),
      major_share_(major_ / total_) {
  const double down = Edge(-1, kDepth);
  const double up = Edge(+1, kDepth);
  lower_ = mode_ + (sign_ > 0 ? down : -up);
  upper_ = mode_ + (sign_ > 0 ? up : -down);
}

double LogitPosterior::RelativeDensity(double u) const {
  return std::exp(-Deviance(sign_ * (u - mode_)));
}

double LogitPosterior::Deviance(double t) const {
  constexpr double kNear = 0.25;
  constexpr double kFar = 30;
  if (std::fabs(t) <= kNear) {
    // The difference below would cancel; these two terms are positive and exact.
    const double growth = std::expm1(t);
    const double scale = growth / (1 + minor_share_ * growth);
    return minor_ * DevianceTerm(major_share_ * scale) +
           major_ * DevianceTerm(-minor_share_ * scale);
  }
  if (t <= kFar) return total_ * std::log1p(minor_share_ * std::expm1(t)) - minor_ * t;
  return total_ * std::log1p(major_share_ * std::expm1(-t)) + major_ * t;
}

double LogitPosterior::Slope(double t) const {
  const double spread = total_ * minor_share_ * major_share_;
  if (t <= 0) {
    const double growth = std::expm1(t);
    return spread * growth / (1 + minor_share_ * growth);
  }
  const double decay = std::expm1(-t);
  return -spread * decay / (1 + major_share_ * decay);
}

double LogitPosterior::Curvature(double t) const {
  // n θ (1 − θ) with θ = p e^t / (q + p e^t), in the form that does not overflow.
  const double e = std::exp(-std::fabs(t));
  const double near = t <= 0 ? major_share_ : minor_share_;
  const double far = t <= 0 ? minor_share_ : major_share_;
  const double denominator = near + far * e;
  return total_ * near * far * e / (denominator * denominator);
}

double LogitPosterior::Edge(double direction, double depth) const {
  constexpr int kNewtonSteps = 100;
  constexpr double kTolerance = 0.02;
  // Newton on a convex function comes down from outside once it is there, which takes one step at
  // most.
  double t = direction * std::sqrt(2 * depth * total_ / (minor_ * major_));
  for (int i = 0; i < kNewtonSteps; ++i) {
    const double excess = Deviance(t) - depth;
    if (excess >= 0 && excess < kTolerance * depth) break;
    t -= excess / Slope(t);
  }
  return t;
}

double LogitPosterior::LowerEdge(double depth) const { return mode_ + sign_ * Edge(-sign_, depth); }

double LogitPosterior::Mass() const {
  return std::exp(StirlingError(minor_) + (StirlingError(major_) - StirlingError(total_))) *
         std::sqrt(2 * std::numbers::pi * total_ / minor_ / major_);
}

double LogitPosterior::PanelLength(double u, Use use) const {
  // The density's logarithm may change by `variation`, and the panel may be `deviations` of local
  // standard deviations wide. log(1 + e^u) has singularities at ±iπ, which bound the length; where
  // the curvature is so small that the density is an exponential to this part in one, the bound is
  // looser.
  const bool whole = use == Use::kWholeIntegral;
  const double variation = whole ? 14 : 3.5;
  const double deviations = whole ? 3.2 : 1.2;
  const double length = whole ? 2.8 : 1.4;
  const double straight_length = whole ? 20 : 4;
  constexpr double kStraight = 1e-6;
  constexpr double kExponential = 1e-18;

  const double t = sign_ * (u - mode_);
  const double slope = sign_ * Slope(t);
  const double steep = variation / std::fabs(slope);
  // The greatest on [u, u + h]: n θ (1 − θ) has its peak at u = 0.
  const auto curvature_after = [&](double h) {
    if (u < 0 && u + h > 0) return total_ / 4;
    return std::max(Curvature(t), Curvature(t + sign_ * h));
  };
  if (curvature_after(steep) < kExponential) return steep;
  double h = curvature_after(straight_length) < kStraight ? straight_length : length;
  const double curvature = curvature_after(h);
  h = std::min(h, deviations / std::sqrt(curvature));
  // Away from the mode the slope grows along the panel by at most curvature times its length.
  if (slope <= 0) return std::min(h, steep);
  return std::min(h,
                  2 * variation / (slope + std::sqrt(slope * slope + 4 * variation * curvature)));
}

}  // namespace mab::bandit
