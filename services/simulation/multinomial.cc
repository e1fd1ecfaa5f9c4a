#include "simulation/multinomial.h"

#include <boost/random/binomial_distribution.hpp>
#include <cstddef>

#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

// Boost's inversion walks through the counts and loses precision where the probability is tiny; a
// few trials are quicker one by one anyway.
constexpr uint64_t kOneByOneMax = 4;

uint64_t DrawOneByOne(uint64_t trials, double probability, bandit::RandomStream& stream) {
  uint64_t count = 0;
  for (uint64_t i = 0; i < trials; ++i) {
    if (stream.NextUniform() < probability) ++count;
  }
  return count;
}

}  // namespace

uint64_t DrawBinomial(uint64_t trials, double probability, bandit::RandomStream& stream) {
  if (trials == 0 || !(probability > 0)) return 0;
  if (probability >= 1) return trials;
  if (trials <= kOneByOneMax) return DrawOneByOne(trials, probability, stream);
  boost::random::binomial_distribution<int64_t, double> binomial(static_cast<int64_t>(trials),
                                                                 probability);
  RandomBits bits(stream);
  return static_cast<uint64_t>(binomial(bits));
}

void DrawMultinomial(uint64_t trials, const std::vector<double>& weights,
                     bandit::RandomStream& stream, std::vector<uint64_t>& counts) {
  counts.assign(weights.size(), 0);
  // Summed from the end, so that the last positive weight is exactly what is left when its turn
  // comes.
  std::vector<double> left(weights.size() + 1, 0.0);
  for (size_t i = weights.size(); i-- > 0;) left[i] = left[i + 1] + weights[i];
  for (size_t i = 0; i < weights.size() && trials > 0; ++i) {
    if (weights[i] <= 0) continue;
    counts[i] = DrawBinomial(trials, weights[i] / left[i], stream);
    trials -= counts[i];
  }
}

}  // namespace mab::simulation
