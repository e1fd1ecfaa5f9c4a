#include "bandit/delayed_posterior.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "bandit/gauss_panel.h"

namespace mab::bandit {
namespace {

constexpr double kSmallestParameter = 0.1;

// Trials of about the same G: their number, mean G, and the second and third central moments summed
// over the trials. Σ m log(1 − θ G) over them is, with x = θ / (1 − θ mean),
// trials log(1 − θ mean) − x² second / 2 − x³ third / 3 − …
struct Group {
  double trials = 0;
  double mean = 0;
  double second = 0;
  double third = 0;
};

// A group's 1 − G are within a factor of 2^(1/4), so that the terms that are left out are below
// 1e-5 a trial and nearly constant where the posterior has mass.
constexpr double kGroupsPerHalving = 4;
constexpr size_t kGroups = 80;

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
};

PendingLikelihood Gather(const Posterior& prior, double conversions,
                         const std::vector<PendingTrials>& unconverted) {
  PendingLikelihood gathered{prior.alpha + std::max(0.0, conversions), prior.beta, {}};
  std::array<Group, kGroups> groups{};
  for (const PendingTrials& cell : unconverted) {
    if (!(cell.trials > 0) || !(cell.completed_share > 0)) continue;
    if (cell.completed_share >= 1) {
      gathered.beta += cell.trials;
      continue;
    }
    Group& group = groups[GroupOf(cell.completed_share)];
    group.trials += cell.trials;
    group.mean += cell.trials * cell.completed_share;
  }
  for (Group& group : groups) {
    if (group.trials > 0) group.mean /= group.trials;
  }
  for (const PendingTrials& cell : unconverted) {
    if (!(cell.trials > 0 && cell.completed_share > 0 && cell.completed_share < 1)) continue;
    Group& group = groups[GroupOf(cell.completed_share)];
    const double gap = cell.completed_share - group.mean;
    group.second += cell.trials * gap * gap;
    group.third += cell.trials * gap * gap * gap;
  }
  for (const Group& group : groups) {
    if (group.trials > 0) gathered.groups.push_back(group);
  }
  return gathered;
}

struct LogDensity {
  double value;  // up to a constant
  double slope;  // by u
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
                     likelihood.alpha * miss - likelihood.beta * rate};
  double by_rate = 0;
  for (const Group& group : likelihood.groups) {
    // 1 − θ mean, without cancellation at high rates.
    const double open = rate * (1 - group.mean) + miss;
    const double x = rate / open;
    density.value +=
        group.trials * std::log(open) - x * x * (group.second / 2 + x * group.third / 3);
    by_rate -=
        group.trials * group.mean / open + x * (group.second + x * group.third) / (open * open);
  }
  density.slope += by_rate * rate * miss;
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

// How far from the mode, on the side of `step`'s sign, the density is below exp(−kDepth) of its
// peak. `step` is a first guess.
double Edge(const PendingLikelihood& likelihood, double mode, double step) {
  constexpr double kDepth = 30;
  constexpr double kGrowth = 1.25;
  constexpr int kSteps = 100;
  const double peak = DensityAt(likelihood, mode).value;
  for (int i = 0; i < kSteps; ++i) {
    if (peak - DensityAt(likelihood, mode + step).value > kDepth) break;
    step *= kGrowth;
  }
  return step;
}

Posterior MatchMoments(double mean, double variance) {
  const double total = mean * (1 - mean) / variance - 1;
  return {std::max(kSmallestParameter, mean * total),
          std::max(kSmallestParameter, (1 - mean) * total)};
}

// Gauss–Legendre panels of at most three standard deviations around the mode: enough for the first
// two moments of a density that is smooth on its own width.
Posterior Integrate(const PendingLikelihood& likelihood, const Posterior& weighted) {
  constexpr double kDepthDeviations = 7.5;
  constexpr double kPanelDeviations = 3;
  constexpr double kPanelLength = 2;
  const double mode = Mode(likelihood, std::log(weighted.alpha / weighted.beta),
                           std::log(likelihood.alpha / likelihood.beta));
  const double deviation =
      std::sqrt((weighted.alpha + weighted.beta) / (weighted.alpha * weighted.beta));
  const double left = Edge(likelihood, mode, -kDepthDeviations * deviation);
  const double right = Edge(likelihood, mode, kDepthDeviations * deviation);
  const double panel_bound = std::min(kPanelLength, kPanelDeviations * deviation);
  const double panels = std::ceil((right - left) / panel_bound);
  const double half = (right - left) / panels / 2;

  const GaussPanel& rule = TheGaussPanel();
  const double peak = DensityAt(likelihood, mode).value;
  const double center = 1 / (1 + std::exp(-mode));
  double mass = 0;
  double first = 0;
  double second = 0;
  for (double panel = 0; panel < panels; ++panel) {
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const double u = mode + left + half * (2 * panel + 1 + rule.nodes[i]);
      const double weight = rule.weights[i] * std::exp(DensityAt(likelihood, u).value - peak);
      const double gap = 1 / (1 + std::exp(-u)) - center;
      mass += weight;
      first += weight * gap;
      second += weight * gap * gap;
    }
  }
  const double mean_gap = first / mass;
  return MatchMoments(center + mean_gap, second / mass - mean_gap * mean_gap);
}

// How far the mean of `weighted`, which counts G of a failure for each pending trial, is from the
// mean of the likelihood, in standard deviations, to first order: Var · d/dθ of Σ m (log(1 − θ G) −
// G log(1 − θ)).
double ShiftOfWeighting(const PendingLikelihood& likelihood, const Posterior& weighted) {
  const double total = weighted.alpha + weighted.beta;
  const double rate = weighted.alpha / total;
  const double miss = weighted.beta / total;
  double slope = 0;
  for (const Group& group : likelihood.groups) {
    slope += (group.trials * group.mean * (1 - group.mean) - group.second) * rate /
             (miss * (rate * (1 - group.mean) + miss));
  }
  return std::sqrt(rate * miss / (total + 1)) * slope;
}

}  // namespace

Posterior DelayedPosterior(const Posterior& prior, double conversions,
                           const std::vector<PendingTrials>& unconverted) {
  const PendingLikelihood likelihood = Gather(prior, conversions, unconverted);
  Posterior weighted{likelihood.alpha, likelihood.beta};
  for (const Group& group : likelihood.groups) weighted.beta += group.trials * group.mean;
  if (ShiftOfWeighting(likelihood, weighted) <= kMaterialShift) return weighted;
  return Integrate(likelihood, weighted);
}

}  // namespace mab::bandit
