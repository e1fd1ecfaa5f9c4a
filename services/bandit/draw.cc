#include "bandit/draw.h"

#include <algorithm>

#include "bandit/allocation.h"
#include "bandit/beta_sampler.h"
#include "bandit/random_stream.h"

namespace mab::bandit {
namespace {

// Arm k with probability weight(k) / total, from one uniform. `total` is the sum of the weights,
// and positive.
template <typename WeightOf>
size_t ChooseByWeight(size_t count, double total, double uniform, const WeightOf& weight) {
  const double target = uniform * total;
  double cumulative = 0;
  size_t last_positive = 0;
  for (size_t arm = 0; arm < count; ++arm) {
    const double w = weight(arm);
    if (w <= 0) continue;
    cumulative += w;
    last_positive = arm;
    if (target < cumulative) return arm;
  }
  return last_positive;  // The product rounded up to the total.
}

size_t ChooseUniformly(const DrawVersion& version, size_t eligible, double uniform) {
  return ChooseByWeight(version.arms.size(), static_cast<double>(eligible), uniform,
                        [&](size_t arm) { return version.arms[arm].eligible ? 1.0 : 0.0; });
}

size_t ChooseFixed(const DrawVersion& version, double uniform) {
  const auto weight = [&](size_t arm) {
    return version.arms[arm].eligible ? version.arms[arm].weight : 0.0;
  };
  double total = 0;
  for (size_t arm = 0; arm < version.arms.size(); ++arm) total += weight(arm);
  return ChooseByWeight(version.arms.size(), total, uniform, weight);
}

// One draw from every eligible arm's Beta; the largest wins, the first of equals.
size_t DrawThompson(const DrawVersion& version, const UserHash& user) {
  size_t best = 0;
  double best_odds = -1;
  for (size_t arm = 0; arm < version.arms.size(); ++arm) {
    if (!version.arms[arm].eligible) continue;
    RandomStream stream(version.salt, user, version.number,
                        kFirstArmStream + static_cast<uint32_t>(arm));
    const double odds = DrawBetaOdds(version.arms[arm].posterior, stream, version.sampler_id);
    if (odds > best_odds) {
      best_odds = odds;
      best = arm;
    }
  }
  return best;
}

size_t DrawTopTwo(const DrawVersion& version, const UserHash& user, RandomStream& choice) {
  const size_t leader = DrawThompson(version, user);
  if (choice.NextUniform() < kTopTwoLeaderShare) return leader;
  const Challengers challengers(version, leader);
  return ChooseByWeight(version.arms.size(), challengers.total(), choice.NextUniform(),
                        [&](size_t arm) { return challengers.Weight(arm); });
}

}  // namespace

size_t Draw(const DrawVersion& version, const UserHash& user) {
  const size_t eligible = CountEligible(version);
  RandomStream choice(version.salt, user, version.number, kChoiceStream);
  if (version.policy == Policy::kFixed) return ChooseFixed(version, choice.NextUniform());
  if (choice.NextUniform() < FloorMass(version.floor, eligible)) {
    return ChooseUniformly(version, eligible, choice.NextUniform());
  }
  if (version.policy == Policy::kTopTwoThompson && eligible > 1) {
    return DrawTopTwo(version, user, choice);
  }
  return DrawThompson(version, user);
}

bool IsKnownSampler(uint32_t sampler_id) {
  return sampler_id == kGammaQuotientSampler || sampler_id == kSwitchingSampler;
}

double TrafficShareUniform(const Salt& salt, const UserHash& user) {
  return RandomStream(salt, user, /*version=*/0, kTrafficShareStream).NextUniform();
}

}  // namespace mab::bandit
