// The density of a Beta posterior in u = logit θ = log(θ / (1 − θ)), where it is log-concave and
// smooth whatever its parameters: 0 % and 100 % arms, parameters below 1 and counts of 1e9 are all
// one case.
//
// The log-density is, up to a constant, −D(u) with D(u) = a log(θ*/θ) + b log((1 − θ*)/(1 − θ)), θ*
// = a / (a + b): the binomial deviance of Loader, "Fast and accurate computation of binomial
// probabilities" (2000). D is convex and 0 at the mode; D' = n (θ − θ*), D'' = n θ (1 − θ), n = a +
// b.
//
// Thread safety: immutable.
#pragma once

#include "bandit/draw_version.h"

namespace mab::bandit {

class LogitPosterior {
 public:
  // REQUIRES: both parameters are 0.1 to 1e12.
  explicit LogitPosterior(const Posterior& posterior);

  // Outside of [lower, upper] the density is below exp(−kDepth) of its peak, and is taken for 0.
  double lower() const { return lower_; }
  double upper() const { return upper_; }

  // The density at u over the density at the mode: 0 to 1.
  double RelativeDensity(double u) const;
  // The derivative of the density's logarithm: falls from alpha to −beta.
  double LogSlope(double u) const { return -sign_ * Slope(sign_ * (u - mode_)); }
  // ∫ RelativeDensity, by Stirling's formula.
  double Mass() const;
  // The u below the mode at which the density is exp(−depth) of its peak, to a few per cent of the
  // exponent. REQUIRES: depth > 0.
  double LowerEdge(double depth) const;

  // How demanding an integrand is: the density itself is interpolated, to be integrated to every
  // node; or only its integral over the whole panel is asked for, for which the nodes are exact to
  // twice the degree.
  enum class Use { kInterpolation, kWholeIntegral };
  // A length h such that 16 Gauss–Legendre nodes on [u, u + h] resolve the density and its
  // integrals to about 1e-14.
  double PanelLength(double u, Use use = Use::kInterpolation) const;

 private:
  static constexpr double kDepth = 42;

  // These take t = ±(u − mode), the sign such that minor_ belongs to the growing odds.
  double Deviance(double t) const;
  double Slope(double t) const;
  double Curvature(double t) const;
  // The t on the side of `direction` (±1) at which the deviance is `depth`, to a few per cent.
  double Edge(double direction, double depth) const;

  double mode_;
  // minor_ <= major_ are the two parameters; θ or 1 − θ, whichever belongs to minor_, is called the
  // minor share.
  double minor_;
  double major_;
  double sign_;         // +1: minor_ is alpha.
  double total_;        // minor_ + major_
  double minor_share_;  // minor_ / total_
  double major_share_;  // major_ / total_
  double lower_;
  double upper_;
};

}  // namespace mab::bandit
