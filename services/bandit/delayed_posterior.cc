#include "bandit/delayed_posterior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "bandit/gauss_panel.h"

namespace mab::bandit {
namespace {

constexpr double kSmallestParameter = 0.1;

// Trials of about the same G: their number, mean 1 − G, and the second, third and fourth central
// moments of G summed over the trials. Σ m log(1 − θ G) over them is, with x = θ / (1 − θ mean G),
// trials log(1 − θ mean G) − x² second / 2 − x³ third / 3 − x⁴ fourth / 4 − …
struct Group {
  double trials = 0;
  double open = 0;
  double second = 0;
  double third = 0;
  double fourth = 0;
};

// A group's 1 − G are within a factor of 2^(1/8), so that the terms that are left out are below
// 1e-8 a trial and nearly constant where the posterior has mass.
constexpr double kGroupsPerHalving = 8;
// All of [0, 1) that a double can tell from 1.
constexpr size_t kGroups = 425;

size_t GroupOf(double completed_share) {
  const double halvings = -std::log2(1 - completed_share);
  return static_cast<size_t>(
      std::min(kGroupsPerHalving * halvings, static_cast<double>(kGroups - 1)));
}

// The likelihood times the prior: θ^alpha (1 − θ)^beta ∏ (1 − θ G)^m dθ/(θ (1 − θ)).
struct PendingLikelihood {
  double alpha = 0;
  // With the matured trials.
  double beta = 0;
  std::vector<Group> groups;
  // Beta, with each pending trial as G of a failure.
  Posterior weighted;
};

PendingLikelihood Gather(const Posterior& prior, double conversions,
                         const std::vector<PendingTrials>& unconverted) {
  PendingLikelihood gathered;
  gathered.alpha = prior.alpha + std::max(0.0, conversions);
  gathered.beta = prior.beta;
  gathered.weighted = {gathered.alpha, gathered.beta};
  std::array<Group, kGroups> groups{};
  for (const PendingTrials& cell : unconverted) {
    if (!(cell.trials > 0) || !(cell.completed_share > 0)) continue;
    if (cell.completed_share >= 1) {
      gathered.beta += cell.trials;
      gathered.weighted.beta += cell.trials;
      continue;
    }
    Group& group = groups[GroupOf(cell.completed_share)];
    gathered.weighted.beta += cell.trials * cell.completed_share;
    group.trials += cell.trials;
    group.open += cell.trials * (1 - cell.completed_share);
  }
  for (Group& group : groups) {
    if (group.trials > 0) group.open /= group.trials;
  }
  for (const PendingTrials& cell : unconverted) {
    if (!(cell.trials > 0 && cell.completed_share > 0 && cell.completed_share < 1)) continue;
    Group& group = groups[GroupOf(cell.completed_share)];
    const double gap = group.open - (1 - cell.completed_share);
    group.second += cell.trials * gap * gap;
    group.third += cell.trials * gap * gap * gap;
    group.fourth += cell.trials * gap * gap * gap * gap;
  }
  for (const Group& group : groups) {
    if (group.trials > 0) gathered.groups.push_back(group);
  }
  return gathered;
}

struct LogDensity {
  double value;  // up to a constant
  double slope;  // by u
  // The second derivative, but for what G's differences within a group add.
  double curvature;
};

// In u = logit θ.
LogDensity DensityAt(const PendingLikelihood& likelihood, double u) {
  const double e = std::exp(-std::fabs(u));
  const double rate = u >= 0 ? 1 / (1 + e) : e / (1 + e);
  const double miss = u >= 0 ? e / (1 + e) : 1 / (1 + e);
  const double log_larger = -std::log1p(e);
  const double log_rate = u >= 0 ? log_larger : u + log_larger;
  const double log_miss = u >= 0 ? log_larger - u : log_larger;
  LogDensity density{likelihood.alpha * log_rate + likelihood.beta * log_miss,
                     likelihood.alpha * miss - likelihood.beta * rate,
                     -(likelihood.alpha + likelihood.beta)};
  double by_rate = 0;
  for (const Group& group : likelihood.groups) {
    // 1 − θ mean G, without cancellation at high rates.
    const double open = rate * group.open + miss;
    const double x = rate / open;
    density.value += group.trials * std::log(open) -
                     x * x * (group.second / 2 + x * (group.third / 3 + x * group.fourth / 4));
    by_rate -= group.trials * (1 - group.open) / open +
               x * (group.second + x * (group.third + x * group.fourth)) / (open * open);
    density.curvature += group.trials * (group.open / (open * open) - 1);
  }
  density.slope += by_rate * rate * miss;
  density.curvature *= rate * miss;
  return density;
}

// Between the modes with all of G counted as failures and with nothing of it; by halving, to far
// less than the posterior's width.
double Mode(const PendingLikelihood& likelihood, double lower, double upper) {
  constexpr int kHalvings = 30;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = lower + (upper - lower) / 2;
    (DensityAt(likelihood, middle).slope > 0 ? lower : upper) = middle;
  }
  return lower + (upper - lower) / 2;
}

Posterior MatchMoments(double mean, double variance) {
  const double total = mean * (1 - mean) / variance - 1;
  return {std::max(kSmallestParameter, mean * total),
          std::max(kSmallestParameter, (1 - mean) * total)};
}

// θ where the mode is below ½, 1 − θ where it is above: the smaller one keeps its digits.
double Smaller(double u, bool mirrored) {
  const double e = std::exp(-std::fabs(u));
  return (u >= 0) == mirrored ? e / (1 + e) : 1 / (1 + e);
}

// Moments of Smaller(u) about its value at the mode.
struct MomentSums {
  double mass = 0;
  double first = 0;
  double second = 0;
};

// A march outwards from the mode, by panels that the density's shape at both ends allows.
class March {
 public:
  March(const PendingLikelihood& likelihood, double mode)
      : likelihood_(likelihood), mode_(mode), peak_(DensityAt(likelihood, mode)) {
    for (const Group& group : likelihood.groups) {
      last_bend_ = std::max(last_bend_, -std::log(group.open));
    }
  }

  // To the right for direction 1, to the left for −1, until the density is below exp(−kDepth) of
  // its peak. False if `panels` do not reach there.
  bool Walk(double direction, int panels, MomentSums& sums) const {
    constexpr double kDepth = 35;
    double length = kShortPanel;
    LogDensity here = peak_;
    double at = mode_;
    for (int panel = 0; panel < panels; ++panel) {
      const double start = length;
      length = LengthFrom(at, here, length);
      LogDensity there = DensityAt(likelihood_, at + direction * length);
      for (int i = 0; i < kHalvings && !Resolved(here, there, length); ++i) {
        length /= 2;
        there = DensityAt(likelihood_, at + direction * length);
      }
      Add(at, direction * length, sums);
      at += direction * length;
      here = there;
      if (peak_.value - here.value > kDepth) return true;
      length = std::max(length, std::min(start, kShortPanel)) * kGrowth;
    }
    return false;
  }

 private:
  // Seen from further away than its own length, a branch point (at imaginary part π) does not
  // disturb a panel; this is its length beside one.
  static constexpr double kShortPanel = 2;
  static constexpr double kGrowth = 2;
  // Over one panel the density may fall by this much in its logarithm, and a normal one reach over
  // this many standard deviations: sixteen nodes then miss 1e-12 of the peak.
  static constexpr double kFall = 10;
  static constexpr double kDeviations = 5;
  static constexpr int kHalvings = 40;

  double LengthFrom(double at, const LogDensity& here, double length) const {
    // Branch points lie over 0 to last_bend_.
    const double beside = std::max({0.0, -at, at - last_bend_});
    length = std::min(length, kShortPanel + beside / 2);
    const double slope = std::fabs(here.slope);
    const double curvature = std::fabs(here.curvature);
    if (slope * length > kFall) length = kFall / slope;
    if (curvature * length * length > kDeviations * kDeviations) {
      length = kDeviations / std::sqrt(curvature);
    }
    return length;
  }

  static bool Resolved(const LogDensity& here, const LogDensity& there, double length) {
    constexpr double kSlack = 2;
    return here.value - there.value <= kSlack * kFall &&
           std::fabs(there.curvature) * length * length <=
               kSlack * kSlack * kDeviations * kDeviations;
  }

  void Add(double from, double step, MomentSums& sums) const {
    const GaussPanel& rule = TheGaussPanel();
    const bool mirrored = mode_ > 0;
    const double center = Smaller(mode_, mirrored);
    const double half = step / 2;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const double u = from + half * (1 + rule.nodes[i]);
      const double weight = std::fabs(half) * rule.weights[i] *
                            std::exp(DensityAt(likelihood_, u).value - peak_.value);
      const double gap = Smaller(u, mirrored) - center;
      sums.mass += weight;
      sums.first += weight * gap;
      sums.second += weight * gap * gap;
    }
  }

  const PendingLikelihood& likelihood_;
  double mode_;
  LogDensity peak_;
  double last_bend_ = 0;
};

Posterior Integrate(const PendingLikelihood& likelihood, int panels_max) {
  const Posterior& weighted = likelihood.weighted;
  const double mode = Mode(likelihood, std::log(weighted.alpha / weighted.beta),
                           std::log(likelihood.alpha / likelihood.beta));
  const March march(likelihood, mode);
  MomentSums sums;
  if (!march.Walk(1, panels_max, sums) || !march.Walk(-1, panels_max, sums)) return weighted;
  const double mean_gap = sums.first / sums.mass;
  const bool mirrored = mode > 0;
  const Posterior matched = MatchMoments(Smaller(mode, mirrored) + mean_gap,
                                         sums.second / sums.mass - mean_gap * mean_gap);
  return mirrored ? Posterior{matched.beta, matched.alpha} : matched;
}

// How far the mean of `weighted`, which counts G of a failure for each pending trial, is from the
// mean of the likelihood, in standard deviations, to first order: Var · d/dθ of Σ m (log(1 − θ G) −
// G log(1 − θ)).
double ShiftOfWeighting(const PendingLikelihood& likelihood) {
  const Posterior& weighted = likelihood.weighted;
  const double total = weighted.alpha + weighted.beta;
  const double rate = weighted.alpha / total;
  const double miss = weighted.beta / total;
  double slope = 0;
  for (const Group& group : likelihood.groups) {
    slope += (group.trials * (1 - group.open) * group.open - group.second) * rate /
             (miss * (rate * group.open + miss));
  }
  return std::sqrt(rate * miss / (total + 1)) * slope;
}

}  // namespace

Posterior DelayedPosterior(const Posterior& prior, double conversions,
                           const std::vector<PendingTrials>& unconverted, int panels_max) {
  const PendingLikelihood likelihood = Gather(prior, conversions, unconverted);
  if (ShiftOfWeighting(likelihood) <= kMaterialShift) return likelihood.weighted;
  return Integrate(likelihood, panels_max);
}

}  // namespace mab::bandit
