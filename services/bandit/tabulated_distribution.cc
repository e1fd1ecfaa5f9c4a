#include "bandit/tabulated_distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "bandit/logit_posterior.h"

namespace mab::bandit {
namespace {

// A probability that no integral misses.
constexpr double kNegligible = 1e-17;

// matrix[j][k]: what the density at Gauss node j adds to its Chebyshev coefficient k. Through the
// Legendre series of the Lagrange polynomials to the Chebyshev points, and from there by the
// discrete cosine transform: every step is well conditioned.
using ChebyshevMatrix = std::array<GaussPanel::Row, kPanelNodes>;

std::array<double, kPanelNodes> Legendre(double x) {
  std::array<double, kPanelNodes> p{1, x};
  for (size_t n = 1; n + 1 < kPanelNodes; ++n) {
    const double dn = static_cast<double>(n);
    p[n + 1] = ((2 * dn + 1) * x * p[n] - dn * p[n - 1]) / (dn + 1);
  }
  return p;
}

ChebyshevMatrix MakeChebyshevMatrix() {
  const GaussPanel& rule = TheGaussPanel();
  constexpr double kCount = kPanelNodes;
  ChebyshevMatrix matrix{};
  for (size_t i = 0; i < kPanelNodes; ++i) {
    const double angle = std::numbers::pi * (static_cast<double>(i) + 0.5) / kCount;
    const auto at_point = Legendre(std::cos(angle));
    for (size_t j = 0; j < kPanelNodes; ++j) {
      const auto at_node = Legendre(rule.nodes[j]);
      double lagrange = 0;
      for (size_t m = 0; m < kPanelNodes; ++m) {
        lagrange += (static_cast<double>(m) + 0.5) * at_node[m] * at_point[m];
      }
      lagrange *= rule.weights[j];
      for (size_t k = 0; k < kPanelNodes; ++k) {
        matrix[j][k] +=
            (k == 0 ? 1 : 2) / kCount * std::cos(static_cast<double>(k) * angle) * lagrange;
      }
    }
  }
  return matrix;
}

const ChebyshevMatrix& TheChebyshevMatrix() {
  static const ChebyshevMatrix matrix = MakeChebyshevMatrix();
  return matrix;
}

// Clenshaw's recurrence for Σ c_k T_k(t).
template <size_t kSize>
double SumOfChebyshev(const std::array<double, kSize>& coefficients, double t) {
  double next = 0;
  double current = 0;
  for (size_t k = kSize - 1; k > 0; --k) {
    const double last = next;
    next = current;
    current = (coefficients[k] - last) + 2 * t * next;
  }
  return (coefficients[0] - next) + t * current;
}

std::vector<GaussPanel::Row> DensitiesOf(const LogitPosterior& posterior,
                                         const std::vector<Panel>& panels) {
  const GaussPanel& rule = TheGaussPanel();
  std::vector<GaussPanel::Row> rows(panels.size());
  for (size_t panel = 0; panel < panels.size(); ++panel) {
    const double half = (panels[panel].right - panels[panel].left) / 2;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      rows[panel][i] = posterior.RelativeDensity(panels[panel].left + half * (1 + rule.nodes[i]));
    }
  }
  return rows;
}

}  // namespace

TabulatedDistribution::TabulatedDistribution(const Posterior& posterior) {
  const LogitPosterior logit(posterior);
  const std::vector<Panel> panels = MeshPanels({logit}, /*length_scale=*/1);
  *this = TabulatedDistribution(panels, DensitiesOf(logit, panels));
}

TabulatedDistribution::TabulatedDistribution(const std::vector<Panel>& panels,
                                             const std::vector<GaussPanel::Row>& relative_densities)
    : pieces_(panels.size()) {
  const GaussPanel& rule = TheGaussPanel();
  const ChebyshevMatrix& matrix = TheChebyshevMatrix();
  double total = 0;
  for (size_t p = 0; p < pieces_.size(); ++p) {
    Piece& piece = pieces_[p];
    piece.left = panels[p].left;
    piece.right = panels[p].right;
    for (size_t i = 0; i < kPanelNodes; ++i) {
      piece.mass += rule.weights[i] * relative_densities[p][i];
    }
    piece.mass *= (piece.right - piece.left) / 2;
    total += piece.mass;
  }
  for (size_t p = 0; p < pieces_.size(); ++p) {
    Piece& piece = pieces_[p];
    piece.mass /= total;
    auto& density = piece.density;
    for (size_t j = 0; j < kPanelNodes; ++j) {
      const double value = relative_densities[p][j] / total;
      for (size_t k = 0; k < kPanelNodes; ++k) density[k] += matrix[j][k] * value;
    }
    // ∫ T_k = T_{k+1} / (2 k + 2) − T_{k−1} / (2 k − 2), and the integral is 0 at −1.
    const double half = (piece.right - piece.left) / 2;
    const auto at = [&](size_t k) { return k < kPanelNodes ? density[k] : 0.0; };
    double at_left = 0;
    for (size_t k = 1; k <= kPanelNodes; ++k) {
      const double before = k == 1 ? 2 * density[0] : density[k - 1];
      piece.integral[k] = half * (before - at(k + 1)) / (2 * static_cast<double>(k));
      at_left += k % 2 == 0 ? piece.integral[k] : -piece.integral[k];
    }
    piece.integral[0] = -at_left;
  }
  SetTails();
}

void TabulatedDistribution::SetTails() {
  double below = 0;
  for (Piece& piece : pieces_) {
    piece.below_left = std::min(1.0, below);
    below += piece.mass;
  }
  double above = 0;
  for (size_t p = pieces_.size(); p-- > 0;) {
    pieces_[p].above_right = std::min(1.0, above);
    above += pieces_[p].mass;
  }
  size_t first = 0;
  while (first + 1 < pieces_.size() && pieces_[first + 1].below_left < kNegligible) ++first;
  size_t last = pieces_.size() - 1;
  while (last > first && pieces_[last - 1].above_right < kNegligible) --last;
  lower_ = pieces_[first].left;
  upper_ = pieces_[last].right;
}

TabulatedDistribution TabulatedDistribution::Mirrored() const {
  TabulatedDistribution mirrored;
  mirrored.pieces_.reserve(pieces_.size());
  for (auto it = pieces_.rbegin(); it != pieces_.rend(); ++it) {
    Piece piece;
    piece.left = -it->right;
    piece.right = -it->left;
    piece.below_left = it->above_right;
    piece.above_right = it->below_left;
    piece.mass = it->mass;
    for (size_t k = 0; k < kPanelNodes; ++k) {
      piece.density[k] = k % 2 == 0 ? it->density[k] : -it->density[k];
    }
    // The mass less the integral to −t.
    for (size_t k = 0; k <= kPanelNodes; ++k) {
      piece.integral[k] = k % 2 == 0 ? -it->integral[k] : it->integral[k];
    }
    piece.integral[0] += it->mass;
    mirrored.pieces_.push_back(piece);
  }
  mirrored.lower_ = -upper_;
  mirrored.upper_ = -lower_;
  return mirrored;
}

size_t TabulatedDistribution::PieceOf(double u, size_t cursor) const {
  constexpr size_t kNearby = 3;
  size_t at = std::min(cursor, pieces_.size() - 1);
  if (u >= pieces_[at].left) {
    for (size_t i = 0; i < kNearby; ++i) {
      if (u < pieces_[at].right || at + 1 == pieces_.size()) return at;
      ++at;
    }
  }
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), u,
                                      [](double x, const Piece& piece) { return x < piece.left; });
  return after == pieces_.begin() ? 0 : static_cast<size_t>(after - pieces_.begin()) - 1;
}

TabulatedDistribution::Reading TabulatedDistribution::ReadWithin(const Piece& piece,
                                                                 double u) const {
  const double t = std::min(1.0, 2 * (u - piece.left) / (piece.right - piece.left) - 1);
  // A polynomial may dip below 0 where a tail begins.
  const double integral = std::clamp(SumOfChebyshev(piece.integral, t), 0.0, piece.mass);
  return {std::min(1.0, piece.below_left + integral),
          std::min(1.0, piece.above_right + (piece.mass - integral)),
          std::max(0.0, SumOfChebyshev(piece.density, t))};
}

TabulatedDistribution::Reading TabulatedDistribution::Read(double u, size_t& cursor) const {
  if (!(u >= pieces_.front().left)) return {0, 1, 0};
  if (u >= pieces_.back().right) return {1, 0, 0};
  cursor = PieceOf(u, cursor);
  return ReadWithin(pieces_[cursor], u);
}

TabulatedDistribution::Reading TabulatedDistribution::Read(double u) const {
  size_t cursor = pieces_.size() / 2;
  return Read(u, cursor);
}

double TabulatedDistribution::Advance(double u, double stride) const {
  if (!(u > pieces_.front().left)) u = pieces_.front().left;
  if (u >= pieces_.back().right) return std::numeric_limits<double>::infinity();
  const size_t from = PieceOf(u, pieces_.size() / 2);
  const Piece& piece = pieces_[from];
  const double target =
      static_cast<double>(from) + (u - piece.left) / (piece.right - piece.left) + stride;
  const size_t to = static_cast<size_t>(target);
  if (to >= pieces_.size()) return std::numeric_limits<double>::infinity();
  return pieces_[to].left +
         (target - static_cast<double>(to)) * (pieces_[to].right - pieces_[to].left);
}

double TabulatedDistribution::LowerQuantile(double tail) const {
  constexpr int kSteps = 100;
  constexpr double kTolerance = 1e-12;  // Of the tail.
  size_t at = 0;
  while (at + 1 < pieces_.size() && pieces_[at + 1].below_left <= tail) ++at;
  const Piece& piece = pieces_[at];
  double low = piece.left;
  double high = piece.right;
  double u = low + (high - low) / 2;
  for (int i = 0; i < kSteps; ++i) {
    const Reading reading = ReadWithin(piece, u);
    const double missing = tail - reading.below;
    if (std::fabs(missing) <= kTolerance * tail) break;
    (missing > 0 ? low : high) = u;
    double next = u + missing / reading.density;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (next == u) break;
    u = next;
  }
  return u;
}

}  // namespace mab::bandit
