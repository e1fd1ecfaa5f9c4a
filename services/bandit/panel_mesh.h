// A partition of the logit axis on which 16 Gauss–Legendre nodes a panel resolve the densities of
// several posteriors at once, however different their widths: a panel is as long as the most
// demanding of the posteriors there allows.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/logit_posterior.h"

namespace mab::bandit {

struct Panel {
  double left = 0;
  double right = 0;
  // No posterior has any density here: every distribution function is constantly 0 or 1.
  bool gap = false;
};

// Panels from the smallest lower() to the largest upper(), each beginning where the last one ends.
// `length_scale` (above 0) multiplies every panel's length. REQUIRES: at least one posterior.
std::vector<Panel> MeshPanels(const std::vector<LogitPosterior>& posteriors, double length_scale);

}  // namespace mab::bandit
