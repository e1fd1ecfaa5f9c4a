// The characteristic function of a Beta posterior, on a grid of frequencies 0, δ, 2 δ, …: what
// weighted_sum.cc multiplies to add independent rates.
//
// E exp(iτ (θ − m)) is an integral over u = logit θ, where the density is analytic for |Im u| < π.
// It is taken by the trapezoidal rule, which converges exponentially there, on a line Im u = v. On
// the real line the integrand oscillates with τ while its integral falls off: as a Gaussian where
// both parameters are large, so that little is left when oscillation begins, but as τ^−min(alpha,
// beta) where one is small. There the line is lifted to about v = atan(τ / (alpha + beta)), which
// goes through the saddle point while τ is small and turns oscillation into decay when it is large.
//
// Thread safety: one thread an object.
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/logit_posterior.h"

namespace mab::bandit {

class BetaTransform {
 public:
  // REQUIRES: both parameters are 0.1 to 1e12.
  explicit BetaTransform(const Posterior& posterior);

  // The support, but for a probability below 1e-14: of θ − mean, lowest() < 0 < highest().
  double lowest() const { return lowest_; }
  double highest() const { return highest_; }
  // The points of the integration line: Next() takes a time in proportion.
  size_t nodes() const { return real_line_.size(); }

  // Sets the grid: the next call of Next() is for frequency `step`. Its sign may be either.
  void Start(double step);
  // E exp(i k step (θ − mean)) at the k-th call, to 1e-12 (absolute).
  std::complex<double> Next();

 private:
  // A line Im u = v and the frequencies up to which it serves.
  struct Line {
    double height;
    double highest_frequency;
  };

  // The share at a point of the real line, less its mean.
  double Excess(double logit) const;
  Line LineFor(double frequency) const;
  // Sets terms_ for `frequency` on a line of that height.
  void MoveTo(double height, double frequency);

  // Of the parameters: θ, or 1 − θ if that is smaller on average, so that it keeps its digits.
  double minor_;
  double major_;
  double sign_;  // +1: minor_ is alpha.
  double total_;
  double mode_;  // log(minor_ / major_)
  LogitPosterior logit_;
  double lowest_;
  double highest_;

  struct Node {
    double logit;
    double weight;  // The masses of a line of height 0: their sum is 1.
  };
  std::vector<Node> real_line_;
  double peak_weight_;

  // At frequency index_ · step_: the integrand at each node, and its factor from one frequency to
  // the next.
  struct Term {
    std::complex<double> value;
    std::complex<double> factor;
  };
  double step_ = 0;
  bool conjugate_ = false;
  size_t index_ = 0;
  Line line_{0, 0};
  std::vector<Term> terms_;
};

}  // namespace mab::bandit
