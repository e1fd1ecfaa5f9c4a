#include "bandit/panel_mesh.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mab::bandit {
namespace {

// No posterior within its parameters' bounds needs a shorter panel; it keeps the march moving
// whatever comes.
constexpr double kShortestPanel = 1e-9;

// Where the panel that begins at `left` ends.
Panel NextPanel(const std::vector<LogitPosterior>& posteriors, double left, double length_scale) {
  Panel panel{left, std::numeric_limits<double>::infinity(), true};
  double next_start = panel.right;
  for (const LogitPosterior& posterior : posteriors) {
    if (posterior.upper() <= left) continue;
    if (posterior.lower() > left) {
      next_start = std::min(next_start, posterior.lower());
      continue;
    }
    panel.gap = false;
    panel.right = std::min(panel.right, left + length_scale * posterior.PanelLength(left));
  }
  panel.right = std::min(std::max(panel.right, left + kShortestPanel), next_start);
  return panel;
}

}  // namespace

std::vector<Panel> MeshPanels(const std::vector<LogitPosterior>& posteriors, double length_scale) {
  double left = std::numeric_limits<double>::infinity();
  double end = -left;
  for (const LogitPosterior& posterior : posteriors) {
    left = std::min(left, posterior.lower());
    end = std::max(end, posterior.upper());
  }
  std::vector<Panel> panels;
  while (left < end) {
    panels.push_back(NextPanel(posteriors, left, length_scale));
    left = panels.back().right;
  }
  return panels;
}

}  // namespace mab::bandit
