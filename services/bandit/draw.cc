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

// ---- The draw, once for both who want the arm alone and who want its steps: `Steps` is told of
// each and costs nothing where it does nothing with it.

struct NoSteps {
  void Path(DrawPath) {}
  void FloorCoin(double, double) {}
  void LeaderCoin(double) {}
  void Choice(double) {}
  void Odds(size_t, double) {}
  void LargestDraw(size_t) {}
};

struct RecordedSteps {
  DrawExplanation& explanation;

  void Path(DrawPath path) { explanation.path = path; }
  void FloorCoin(double coin, double mass) {
    explanation.floor_coin = coin;
    explanation.floor_mass = mass;
  }
  void LeaderCoin(double coin) { explanation.leader_coin = coin; }
  void Choice(double uniform) { explanation.choice = uniform; }
  void Odds(size_t arm, double odds) { explanation.odds[arm] = odds; }
  void LargestDraw(size_t arm) { explanation.largest_draw = arm; }
};

// One draw from every eligible arm's Beta; the largest wins, the first of equals.
template <typename Steps>
size_t LargestDraw(const DrawVersion& version, const UserHash& user, Steps& steps) {
  size_t best = 0;
  double best_odds = -1;
  for (size_t arm = 0; arm < version.arms.size(); ++arm) {
    if (!version.arms[arm].eligible) continue;
    RandomStream stream(version.salt, user, version.number,
                        kFirstArmStream + static_cast<uint32_t>(arm));
    const double odds = DrawBetaOdds(version.arms[arm].posterior, stream, version.sampler_id);
    steps.Odds(arm, odds);
    if (odds > best_odds) {
      best_odds = odds;
      best = arm;
    }
  }
  steps.LargestDraw(best);
  return best;
}

template <typename Steps>
size_t DrawTopTwo(const DrawVersion& version, const UserHash& user, RandomStream& choice,
                  Steps& steps) {
  const size_t leader = LargestDraw(version, user, steps);
  const double coin = choice.NextUniform();
  steps.LeaderCoin(coin);
  if (coin < kTopTwoLeaderShare) {
    steps.Path(DrawPath::kTopTwoLeader);
    return leader;
  }
  steps.Path(DrawPath::kTopTwoChallenger);
  const Challengers challengers(version, leader);
  const double uniform = choice.NextUniform();
  steps.Choice(uniform);
  return ChooseByWeight(version.arms.size(), challengers.total(), uniform,
                        [&](size_t arm) { return challengers.Weight(arm); });
}

template <typename Steps>
size_t DrawByFloor(const DrawVersion& version, size_t eligible, RandomStream& choice,
                   Steps& steps) {
  steps.Path(DrawPath::kFloor);
  const double uniform = choice.NextUniform();
  steps.Choice(uniform);
  return ChooseUniformly(version, eligible, uniform);
}

template <typename Steps>
size_t DrawWith(const DrawVersion& version, const UserHash& user, Steps& steps) {
  const size_t eligible = CountEligible(version);
  RandomStream choice(version.salt, user, version.number, kChoiceStream);
  const double first = choice.NextUniform();
  if (version.policy == Policy::kFixed) {
    steps.Path(DrawPath::kWeights);
    steps.Choice(first);
    return ChooseFixed(version, first);
  }
  const double floor_mass = FloorMass(version.floor, eligible);
  steps.FloorCoin(first, floor_mass);
  if (first < floor_mass) return DrawByFloor(version, eligible, choice, steps);
  if (version.policy == Policy::kTopTwoThompson && eligible > 1) {
    return DrawTopTwo(version, user, choice, steps);
  }
  steps.Path(DrawPath::kLargestDraw);
  return LargestDraw(version, user, steps);
}

bool IsDrawableArm(const DrawArm& arm) {
  constexpr double kParameterMin = 0.1;
  constexpr double kParameterMax = 1e12;
  const auto is_parameter = [](double value) {
    return value >= kParameterMin && value <= kParameterMax;
  };
  const auto is_share = [](double value) { return value >= 0 && value <= 1; };
  return is_parameter(arm.posterior.alpha) && is_parameter(arm.posterior.beta) &&
         is_share(arm.weight) && is_share(arm.probability_best) && is_share(arm.allocation);
}

}  // namespace

size_t Draw(const DrawVersion& version, const UserHash& user) {
  NoSteps steps;
  return DrawWith(version, user, steps);
}

DrawExplanation ExplainDraw(const DrawVersion& version, const UserHash& user) {
  DrawExplanation explanation;
  explanation.odds.resize(version.arms.size());
  RecordedSteps steps{explanation};
  explanation.arm = DrawWith(version, user, steps);
  return explanation;
}

bool IsKnownSampler(uint32_t sampler_id) {
  return sampler_id == kGammaQuotientSampler || sampler_id == kSwitchingSampler;
}

bool IsDrawable(const DrawVersion& version) {
  return IsKnownSampler(version.sampler_id) && version.floor >= 0 && version.floor <= 1 &&
         CountEligible(version) > 0 &&
         std::all_of(version.arms.begin(), version.arms.end(), IsDrawableArm);
}

double TrafficShareUniform(const Salt& salt, const UserHash& user) {
  return RandomStream(salt, user, /*version=*/0, kTrafficShareStream).NextUniform();
}

}  // namespace mab::bandit
