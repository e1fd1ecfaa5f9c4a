// The 16-node Gauss–Legendre rule on [−1, 1], and the spectral integration matrices that go with
// it: from a function's values at the nodes to its integrals from either end up to each node.
//
// Thread safety: immutable after the first call.
#pragma once

#include <array>
#include <cstddef>

namespace mab::bandit {

inline constexpr size_t kPanelNodes = 16;

struct GaussPanel {
  using Row = std::array<double, kPanelNodes>;
  Row nodes;
  Row weights;
  // from_left[j][i] = ∫_{−1}^{nodes[i]} l_j and from_right[j][i] = ∫_{nodes[i]}^{1} l_j, l_j the
  // Lagrange polynomial that is 1 at node j and 0 at the others. (Indexed so that the sum over j
  // runs along rows.)
  std::array<Row, kPanelNodes> from_left;
  std::array<Row, kPanelNodes> from_right;
};

const GaussPanel& TheGaussPanel();

}  // namespace mab::bandit
