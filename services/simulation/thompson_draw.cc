#include "simulation/thompson_draw.h"

#include "bandit/beta_sampler.h"

namespace mab::simulation {

size_t DrawBest(const std::vector<bandit::Posterior>& posteriors, bandit::RandomStream& stream) {
  size_t best = 0;
  double best_odds = -1;
  for (size_t arm = 0; arm < posteriors.size(); ++arm) {
    const double odds = bandit::DrawBetaOdds(posteriors[arm], stream);
    if (odds > best_odds) {
      best_odds = odds;
      best = arm;
    }
  }
  return best;
}

double DrawRate(const bandit::Posterior& distribution, bandit::RandomStream& stream) {
  const double odds = bandit::DrawBetaOdds(distribution, stream);
  return odds / (1 + odds);
}

}  // namespace mab::simulation
