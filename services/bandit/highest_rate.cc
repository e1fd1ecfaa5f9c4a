#include "bandit/highest_rate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "bandit/logit_posterior.h"
#include "bandit/panel_mesh.h"

namespace mab::bandit {
namespace {

using Reading = TabulatedDistribution::Reading;

// Arms whose rate can be the highest, tabulated.
std::vector<TabulatedDistribution> Contenders(const std::vector<Posterior>& posteriors,
                                              double& floor) {
  std::vector<TabulatedDistribution> arms;
  arms.reserve(posteriors.size());
  floor = -std::numeric_limits<double>::infinity();
  for (const Posterior& posterior : posteriors) {
    arms.emplace_back(posterior);
    floor = std::max(floor, arms.back().lower());
  }
  std::erase_if(arms, [&](const TabulatedDistribution& arm) { return arm.upper() <= floor; });
  return arms;
}

// Panels from `floor`, below which the highest rate has no density.
std::vector<Panel> PanelsFrom(double floor, const std::vector<Posterior>& posteriors) {
  std::vector<LogitPosterior> logits;
  for (const Posterior& posterior : posteriors) {
    const LogitPosterior logit(posterior);
    if (logit.upper() > floor) logits.push_back(logit);
  }
  // The highest of K equal arms has a narrower distribution than each, by about this factor.
  const double length_scale = 1 / std::sqrt(1 + std::log(static_cast<double>(logits.size())));
  std::vector<Panel> panels = MeshPanels(logits, length_scale);
  std::erase_if(panels, [&](const Panel& panel) { return panel.right <= floor; });
  return panels;
}

double DensityOfHighest(const std::vector<Reading>& readings) {
  double density = 0;
  double below = 1;
  // The highest of the first k + 1 arms is either arm k, above the others, or another one, above
  // arm k.
  for (const Reading& reading : readings) {
    density = density * reading.below + below * reading.density;
    below *= reading.below;
  }
  return density;
}

}  // namespace

TabulatedDistribution HighestRate(const std::vector<Posterior>& posteriors) {
  if (posteriors.size() == 1) return TabulatedDistribution(posteriors.front());
  double floor = 0;
  const std::vector<TabulatedDistribution> arms = Contenders(posteriors, floor);
  const std::vector<Panel> panels = PanelsFrom(floor, posteriors);
  const GaussPanel& rule = TheGaussPanel();
  std::vector<size_t> cursors(arms.size(), 0);
  std::vector<Reading> readings(arms.size());
  std::vector<GaussPanel::Row> densities(panels.size());
  for (size_t panel = 0; panel < panels.size(); ++panel) {
    const double half = (panels[panel].right - panels[panel].left) / 2;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      const double u = panels[panel].left + half * (1 + rule.nodes[i]);
      for (size_t arm = 0; arm < arms.size(); ++arm)
        readings[arm] = arms[arm].Read(u, cursors[arm]);
      densities[panel][i] = DensityOfHighest(readings);
    }
  }
  return TabulatedDistribution(panels, densities);
}

}  // namespace mab::bandit
