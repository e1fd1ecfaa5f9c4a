#include "bandit/beta_sampler.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "bandit/portable_math.h"

namespace mab::bandit {
namespace {

// Uniform on the multiples of 2^-53 in (0, 1]: never 0, so that its logarithm is finite.
double NextPositiveUniform(RandomStream& stream) { return 1.0 - stream.NextUniform(); }

// Standard normals, two a turn.
class NormalSource {
 public:
  explicit NormalSource(RandomStream& stream) : stream_(stream) {}

  double Next() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double x, y, square;
    do {
      x = 2.0 * stream_.NextUniform() - 1.0;
      y = 2.0 * stream_.NextUniform() - 1.0;
      square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double radius = std::sqrt(-2.0 * PortableLog(square) / square);
    spare_ = y * radius;
    has_spare_ = true;
    return x * radius;
  }

 private:
  RandomStream& stream_;
  double spare_ = 0;
  bool has_spare_ = false;
};

// 1/4, 1/5, …, 1/22.
constexpr std::array<double, 19> kLogSeries = {1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,  1.0 / 8,
                                               1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13,
                                               1.0 / 14, 1.0 / 15, 1.0 / 16, 1.0 / 17, 1.0 / 18,
                                               1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22};

// log(1 + z) − z + z²/2 − z³/3, for z > −1. It is about −z⁴/4: the plain difference would lose
// every digit of it where the shape is large and z small.
double LogRemainder(double z) {
  constexpr double kSeriesBound = 0.125;
  if (std::fabs(z) > kSeriesBound) return PortableLog(1.0 + z) - z * (1.0 - z * (0.5 - z / 3.0));
  // −z⁴ (1/4 − z/5 + z²/6 − …); the terms left out are below 2^-53 of the sum.
  double sum = 0;
  for (size_t n = kLogSeries.size(); n-- > 0;) sum = kLogSeries[n] - z * sum;
  const double square = z * z;
  return -square * square * sum;
}

// Gamma(shape, 1) for shape >= 1: d (1 + z)³ with d = shape − 1/3, z = x / sqrt(9 d), x normal,
// accepted when log u < x²/2 + d − d v + d log v, v = (1 + z)³. The right-hand side is 3 d
// LogRemainder(z).
double DrawLargeGamma(double shape, NormalSource& normals, RandomStream& stream) {
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = normals.Next();
    const double z = c * x;
    if (z <= -1.0) continue;
    const double u = NextPositiveUniform(stream);
    const double square = x * x;
    if (u < 1.0 - 0.0331 * square * square || PortableLog(u) < 3.0 * d * LogRemainder(z)) {
      const double root = 1.0 + z;
      return d * (root * root * root);
    }
  }
}

double DrawGamma(double shape, NormalSource& normals, RandomStream& stream) {
  if (shape >= 1.0) return DrawLargeGamma(shape, normals, stream);
  // Gamma(shape) = Gamma(shape + 1) U^(1/shape). The power is above exp(−368) for shape >= 0.1.
  const double gamma = DrawLargeGamma(shape + 1.0, normals, stream);
  return gamma * PortableExp(PortableLog(NextPositiveUniform(stream)) / shape);
}

double DrawGammaQuotient(const Posterior& posterior, RandomStream& stream) {
  NormalSource normals(stream);
  const double x = DrawGamma(posterior.alpha, normals, stream);
  const double y = DrawGamma(posterior.beta, normals, stream);
  return x / y;
}

// u < (1 + y)^(−e), for u in (0, 1], y in [0, 1], e in [0, 1]. The binomial series of (1 + y)^e
// alternates from its second power on, so that two partial sums enclose it and mostly decide.
bool BelowPower(double u, double y, double e) {
  const double low = 1.0 + y * e * (1.0 + y * ((e - 1.0) / 2.0));
  if (u * low >= 1.0) return false;
  const double high = low + y * y * y * (e * (e - 1.0) * (e - 2.0) / 6.0);
  return u * high < 1.0 || PortableLog(u) < -e * PortableLog(1.0 + y);
}

// For alpha, beta < 1, whose density has a pole at either end. By switching, as in Atkinson and
// Whittaker, "A switching algorithm for the generation of beta random variables with at least one
// parameter less than 1" (1976), at θ = 1/2: below it, w = V^(1/alpha) for a uniform V has the
// pole's density, and the rest of the Beta's is the probability of acceptance. By symmetry the side
// above has the same height at 1/2, and so the sides are proposed in proportion 1/alpha : 1/beta.
//   alpha + beta <= 1: odds w, density of logit θ against w^alpha's (1 + w)^(−alpha − beta)
//   alpha + beta > 1:  θ = w/2, density of θ against θ^(alpha − 1)  (2 − w)^(beta − 1)
// More than 3/4 are accepted, at the worst (both 1/2).
double DrawBetweenPoles(const Posterior& posterior, RandomStream& stream) {
  const double total = posterior.alpha + posterior.beta;
  for (;;) {
    // One uniform chooses the side and is V within it, in (0, 1].
    const double place = stream.NextUniform() * total;
    const bool below = place < posterior.beta;
    const double own = below ? posterior.alpha : posterior.beta;
    const double other = below ? posterior.beta : posterior.alpha;
    const double share = ((below ? posterior.beta : total) - place) / other;
    const double w = PortableExp(PortableLog(share) / own);
    const double u = NextPositiveUniform(stream);
    if (total > 1.0) {
      if (!BelowPower(u, 1.0 - w, 1.0 - other)) continue;
      return below ? w / (2.0 - w) : (2.0 - w) / w;
    }
    if (!BelowPower(u, w, total)) continue;
    return below ? w : 1.0 / w;
  }
}

}  // namespace

double DrawBetaOdds(const Posterior& posterior, RandomStream& stream, uint32_t sampler_id) {
  const bool two_poles = posterior.alpha < 1.0 && posterior.beta < 1.0;
  if (two_poles && sampler_id == kSwitchingSampler) return DrawBetweenPoles(posterior, stream);
  return DrawGammaQuotient(posterior, stream);
}

}  // namespace mab::bandit
