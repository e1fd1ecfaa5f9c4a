#include "bandit/panel_mesh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mab::bandit {
namespace {

TEST(PanelMeshTest, CoversAllPosteriorsWithoutOverlapAndWithFewPanels) {
  std::vector<LogitPosterior> posteriors;
  double lowest = 1e300;
  double highest = -1e300;
  const std::vector<Posterior> extremes = {{1, 1},     {0.1, 0.1},  {0.1, 1e9},
                                           {1e9, 0.1}, {1e9, 1e9},  {1, 1e9},
                                           {1e9, 1},   {371, 7621}, {0.1, 7}};
  for (const Posterior& posterior : extremes) {
    posteriors.emplace_back(posterior);
    lowest = std::min(lowest, posteriors.back().lower());
    highest = std::max(highest, posteriors.back().upper());
  }
  const std::vector<Panel> panels = MeshPanels(posteriors, 1);
  EXPECT_EQ(panels.front().left, lowest);
  EXPECT_GE(panels.back().right, highest);
  for (size_t i = 0; i + 1 < panels.size(); ++i) {
    EXPECT_LT(panels[i].left, panels[i].right);
    EXPECT_EQ(panels[i].right, panels[i + 1].left);
  }
  EXPECT_LT(panels.size(), 600u);
}

TEST(PanelMeshTest, LeavesAGapBetweenPosteriorsThatAreFarApart) {
  const std::vector<LogitPosterior> posteriors = {LogitPosterior({1e6, 9e6}),
                                                  LogitPosterior({9e6, 1e6})};
  int gaps = 0;
  for (const Panel& panel : MeshPanels(posteriors, 1)) gaps += panel.gap;
  EXPECT_EQ(gaps, 1);
}

}  // namespace
}  // namespace mab::bandit
