#include "bandit/best_arm_quadrature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "bandit/gauss_panel.h"
#include "bandit/logit_posterior.h"
#include "bandit/panel_mesh.h"

namespace mab::bandit {
namespace {

using NodeValues = GaussPanel::Row;

// dθ/du = θ (1 − θ), to full relative precision at both ends.
double RateSlope(double logit) {
  const double e = std::exp(-std::fabs(logit));
  return e / ((1 + e) * (1 + e));
}

// θ(right) − θ(left), as a difference of misses where the rates are next to 1.
double RateBetween(double left, double right) {
  const auto rate = [](double logit) { return 1 / (1 + std::exp(-logit)); };
  return left > 0 ? rate(-left) - rate(-right) : rate(right) - rate(left);
}

// ∏ F_j and 1 − ∏ F_j over some arms, the latter built up from survivals: S_1 + F_1 S_2 + F_1 F_2
// S_3 + …
struct AllBelow {
  double probability = 1;
  double complement = 0;

  AllBelow And(const AllBelow& other) const {
    return {probability * other.probability, complement + probability * other.complement};
  }
};

class Quadrature {
 public:
  Quadrature(const std::vector<Posterior>& posteriors, double length_scale)
      : arms_(posteriors.begin(), posteriors.end()),
        panels_(MeshPanels(arms_, length_scale)),
        density_(panels_.size() * arms_.size()),
        below_left_(panels_.size() * arms_.size()),
        above_right_(panels_.size() * arms_.size()) {
    SetDensities();
    SetDistributionFunctions();
  }

  BestArmIntegrals Integrate() const {
    BestArmIntegrals sums{std::vector<double>(arms_.size(), 0.0),
                          std::vector<double>(arms_.size(), 0.0)};
    Workspace work(arms_.size());
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      if (panels_[panel].gap) {
        AddGap(panel, work, sums);
      } else {
        AddPanel(panel, work, sums);
      }
    }
    return sums;
  }

 private:
  struct Workspace {
    explicit Workspace(size_t arms) : below(arms), above(arms), before(arms + 1), after(arms + 1) {}
    std::vector<NodeValues> below;  // F at each node
    std::vector<NodeValues> above;  // S at each node
    std::vector<AllBelow> before;   // of the arms 0 to k − 1
    std::vector<AllBelow> after;    // of the arms k to the last
  };

  size_t Index(size_t panel, size_t arm) const { return panel * arms_.size() + arm; }
  double HalfLength(size_t panel) const { return (panels_[panel].right - panels_[panel].left) / 2; }
  double Node(size_t panel, size_t node) const {
    return panels_[panel].left + HalfLength(panel) * (1 + TheGaussPanel().nodes[node]);
  }
  bool HasDensity(size_t panel, size_t arm) const {
    return !panels_[panel].gap && arms_[arm].lower() < panels_[panel].right &&
           arms_[arm].upper() > panels_[panel].left;
  }

  void SetDensities();
  void SetDistributionFunctions();
  void SetAllBelow(Workspace& work, size_t node) const;
  void AddPanel(size_t panel, Workspace& work, BestArmIntegrals& sums) const;
  void AddGap(size_t panel, Workspace& work, BestArmIntegrals& sums) const;

  const std::vector<LogitPosterior> arms_;
  const std::vector<Panel> panels_;
  // By Index: the density in u at the panel's nodes, F at its left end, S at its right end.
  std::vector<NodeValues> density_;
  std::vector<double> below_left_;
  std::vector<double> above_right_;
};

void Quadrature::SetDensities() {
  for (size_t panel = 0; panel < panels_.size(); ++panel) {
    for (size_t arm = 0; arm < arms_.size(); ++arm) {
      if (!HasDensity(panel, arm)) continue;  // Zero, as it was made.
      NodeValues& density = density_[Index(panel, arm)];
      for (size_t i = 0; i < kPanelNodes; ++i) {
        density[i] = arms_[arm].RelativeDensity(Node(panel, i));
      }
    }
  }
}

// Sums the panels' masses from both ends and divides all by the total, which makes densities of
// relative densities.
void Quadrature::SetDistributionFunctions() {
  const GaussPanel& rule = TheGaussPanel();
  std::vector<double> mass(panels_.size());
  for (size_t arm = 0; arm < arms_.size(); ++arm) {
    double total = 0;
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      const NodeValues& density = density_[Index(panel, arm)];
      mass[panel] = 0;
      for (size_t i = 0; i < kPanelNodes; ++i) mass[panel] += rule.weights[i] * density[i];
      mass[panel] *= HalfLength(panel);
      total += mass[panel];
    }
    double below = 0;
    for (size_t panel = 0; panel < panels_.size(); ++panel) {
      below_left_[Index(panel, arm)] = std::min(1.0, below / total);
      below += mass[panel];
      for (double& density : density_[Index(panel, arm)]) density /= total;
    }
    double above = 0;
    for (size_t panel = panels_.size(); panel-- > 0;) {
      above_right_[Index(panel, arm)] = std::min(1.0, above / total);
      above += mass[panel];
    }
  }
}

void Quadrature::SetAllBelow(Workspace& work, size_t node) const {
  const size_t count = arms_.size();
  work.before[0] = AllBelow{};
  work.after[count] = AllBelow{};
  for (size_t arm = 0; arm < count; ++arm) {
    work.before[arm + 1] = work.before[arm].And({work.below[arm][node], work.above[arm][node]});
  }
  for (size_t arm = count; arm-- > 0;) {
    work.after[arm] =
        AllBelow{work.below[arm][node], work.above[arm][node]}.And(work.after[arm + 1]);
  }
}

void Quadrature::AddPanel(size_t panel, Workspace& work, BestArmIntegrals& sums) const {
  const GaussPanel& rule = TheGaussPanel();
  const double half = HalfLength(panel);
  for (size_t arm = 0; arm < arms_.size(); ++arm) {
    NodeValues& below = work.below[arm];
    NodeValues& above = work.above[arm];
    below.fill(below_left_[Index(panel, arm)]);
    above.fill(above_right_[Index(panel, arm)]);
    if (!HasDensity(panel, arm)) continue;
    const NodeValues& density = density_[Index(panel, arm)];
    for (size_t j = 0; j < kPanelNodes; ++j) {
      const double scaled = half * density[j];
      for (size_t i = 0; i < kPanelNodes; ++i) below[i] += scaled * rule.from_left[j][i];
      for (size_t i = 0; i < kPanelNodes; ++i) above[i] += scaled * rule.from_right[j][i];
    }
    // An interpolating polynomial may dip below 0 where a tail begins.
    for (size_t i = 0; i < kPanelNodes; ++i) {
      below[i] = std::clamp(below[i], 0.0, 1.0);
      above[i] = std::clamp(above[i], 0.0, 1.0);
    }
  }
  for (size_t i = 0; i < kPanelNodes; ++i) {
    SetAllBelow(work, i);
    const double weight = half * rule.weights[i];
    const double rate_weight = weight * RateSlope(Node(panel, i));
    for (size_t arm = 0; arm < arms_.size(); ++arm) {
      const AllBelow others = work.before[arm].And(work.after[arm + 1]);
      sums.probability_best[arm] += weight * density_[Index(panel, arm)][i] * others.probability;
      sums.expected_loss[arm] += rate_weight * work.below[arm][i] * others.complement;
    }
  }
}

// Between posteriors F is 0 or 1, and the integral over θ is the length in θ.
void Quadrature::AddGap(size_t panel, Workspace& work, BestArmIntegrals& sums) const {
  const double length = RateBetween(panels_[panel].left, panels_[panel].right);
  for (size_t arm = 0; arm < arms_.size(); ++arm) {
    work.below[arm][0] = below_left_[Index(panel, arm)];
    work.above[arm][0] = above_right_[Index(panel, arm)];
  }
  SetAllBelow(work, 0);
  for (size_t arm = 0; arm < arms_.size(); ++arm) {
    const AllBelow others = work.before[arm].And(work.after[arm + 1]);
    sums.expected_loss[arm] += length * work.below[arm][0] * others.complement;
  }
}

}  // namespace

BestArmIntegrals IntegrateBestArm(const std::vector<Posterior>& posteriors, double length_scale) {
  return Quadrature(posteriors, length_scale).Integrate();
}

}  // namespace mab::bandit
