// The distribution of a rate, tabulated in u = logit θ so that it can be read at any u in some 30
// ns: a polynomial a panel for the density, its exact integral for F, and both F and S = 1 − F
// accumulated from their own ends, so that each keeps its relative precision in its small tail. All
// probabilities and quantiles of an arm's comparisons read one table.
//
// Thread safety: immutable.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/gauss_panel.h"
#include "bandit/panel_mesh.h"

namespace mab::bandit {

class TabulatedDistribution {
 public:
  struct Reading {
    double below = 0;    // F(u), 0 to 1
    double above = 0;    // 1 − F(u), to its own relative precision
    double density = 0;  // dF/du, never negative
  };

  explicit TabulatedDistribution(const Posterior& posterior);
  // From a density that is known at the Gauss nodes of each panel, up to a constant factor.
  // REQUIRES: at least one panel, one row a panel, each panel beginning where the last one ends,
  // finite densities that are not all 0.
  TabulatedDistribution(const std::vector<Panel>& panels,
                        const std::vector<GaussPanel::Row>& relative_densities);

  // The distribution of −u: of the misses 1 − θ.
  TabulatedDistribution Mirrored() const;

  // Outside of [lower, upper] there is a probability of less than 1e-17 on either side.
  double lower() const { return lower_; }
  double upper() const { return upper_; }

  // Any u, infinite ones too. `cursor` is where the search for u's panel begins: readings in order
  // of u that share one cost no search. It starts as 0.
  Reading Read(double u, size_t& cursor) const;
  Reading Read(double u) const;

  // The point that is `stride` panels to the right of u; infinite when that is beyond the last
  // panel.
  double Advance(double u, double stride) const;

  // The u with F(u) = tail; relative error of the tail about 1e-12. REQUIRES: 0 < tail < 1. (An
  // upper quantile is the mirrored distribution's.)
  double LowerQuantile(double tail) const;

 private:
  struct Piece {
    double left = 0;
    double right = 0;
    double below_left = 0;   // F(left)
    double above_right = 0;  // S(right)
    double mass = 0;
    // Chebyshev coefficients on [−1, 1] of the density in u and of its integral from `left`.
    std::array<double, kPanelNodes> density{};
    std::array<double, kPanelNodes + 1> integral{};
  };

  TabulatedDistribution() = default;
  void SetTails();
  size_t PieceOf(double u, size_t cursor) const;
  Reading ReadWithin(const Piece& piece, double u) const;

  std::vector<Piece> pieces_;
  double lower_ = 0;
  double upper_ = 0;
};

}  // namespace mab::bandit
