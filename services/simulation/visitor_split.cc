#include "simulation/visitor_split.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "bandit/allocation.h"
#include "bandit/freeze_version.h"
#include "simulation/multinomial.h"
#include "simulation/thompson_draw.h"
#include "simulation/upper_confidence.h"

namespace mab::simulation {
namespace {

bandit::Policy ProductPolicy(SimulatedPolicy policy) {
  switch (policy) {
    case SimulatedPolicy::kThompson:
      return bandit::Policy::kThompson;
    case SimulatedPolicy::kTopTwoThompson:
      return bandit::Policy::kTopTwoThompson;
    default:
      return bandit::Policy::kFixed;
  }
}

// By the exact allocation of a version that is frozen at the interval's start.
class VersionSplit final : public VisitorSplit {
 public:
  explicit VersionSplit(const Scenario& scenario) : arms_(scenario.rates.size()) {
    configuration_.policy = ProductPolicy(scenario.policy);
    configuration_.floor = scenario.floor;
    configuration_.burn_in_exposures = scenario.burn_in_exposures;
    for (size_t arm = 0; arm < scenario.weights.size(); ++arm) {
      arms_[arm].weight = scenario.weights[arm];
    }
  }

  void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream& stream,
             std::vector<uint64_t>& by_arm) override {
    for (size_t arm = 0; arm < arms_.size(); ++arm) {
      arms_[arm].exposures = known.exposures()[arm];
      arms_[arm].posterior = known.posteriors()[arm];
    }
    const bandit::DrawVersion version = bandit::FreezeVersion(configuration_, arms_);
    std::vector<double> allocation;
    for (const bandit::DrawArm& arm : version.arms) allocation.push_back(arm.allocation);
    DrawMultinomial(visitors, allocation, stream, by_arm);
  }

 private:
  bandit::DrawConfiguration configuration_;
  std::vector<bandit::ArmState> arms_;
};

// Shares that never change need no posteriors.
class ConstantSplit final : public VisitorSplit {
 public:
  explicit ConstantSplit(std::vector<double> weights) : weights_(std::move(weights)) {}

  void Split(const OutcomeLedger&, uint64_t visitors, bandit::RandomStream& stream,
             std::vector<uint64_t>& by_arm) override {
    DrawMultinomial(visitors, weights_, stream, by_arm);
  }

 private:
  const std::vector<double> weights_;
};

// The floor that holds now: equal shares during burn-in, as FreezeVersion has it.
double FloorNow(const Scenario& scenario, const OutcomeLedger& known) {
  const double equal_share = 1.0 / static_cast<double>(scenario.rates.size());
  const bool burns_in = scenario.burn_in_exposures > 0 &&
                        *std::min_element(known.exposures().begin(), known.exposures().end()) <
                            scenario.burn_in_exposures;
  return burns_in ? equal_share : std::min(scenario.floor, equal_share);
}

// A draw from every arm's posterior for each visitor: the largest wins, as in bandit/draw.cc.
class ThompsonDrawSplit final : public VisitorSplit {
 public:
  explicit ThompsonDrawSplit(const Scenario& scenario) : scenario_(scenario) {}

  void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream& stream,
             std::vector<uint64_t>& by_arm) override {
    const size_t arms = scenario_.rates.size();
    const double mass = bandit::FloorMass(FloorNow(scenario_, known), arms);
    by_arm.assign(arms, 0);
    for (uint64_t visitor = 0; visitor < visitors; ++visitor) {
      if (mass > 0 && stream.NextUniform() < mass) {
        const double chosen = stream.NextUniform() * static_cast<double>(arms);
        ++by_arm[std::min(static_cast<size_t>(chosen), arms - 1)];
      } else {
        ++by_arm[DrawBest(known.posteriors(), stream)];
      }
    }
  }

 private:
  const Scenario& scenario_;
};

// By the allocation that follows from P(best) as estimated by a few draws.
class SampledSplit final : public VisitorSplit {
 public:
  explicit SampledSplit(const Scenario& scenario) : scenario_(scenario) {
    version_.policy = ProductPolicy(scenario.policy);
    version_.arms.resize(scenario.rates.size());
  }

  void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream& stream,
             std::vector<uint64_t>& by_arm) override {
    for (bandit::DrawArm& arm : version_.arms) arm.probability_best = 0;
    const uint64_t draws = SampledDraws(version_.arms.size());
    for (uint64_t draw = 0; draw < draws; ++draw) {
      version_.arms[DrawBest(known.posteriors(), stream)].probability_best +=
          1.0 / static_cast<double>(draws);
    }
    version_.floor = FloorNow(scenario_, known);
    DrawMultinomial(visitors, bandit::ComputeAllocation(version_), stream, by_arm);
  }

 private:
  const Scenario& scenario_;
  bandit::DrawVersion version_;
};

// One draw for each of a few visitors, an allocation for more: whichever costs less.
class ThresholdSplit final : public VisitorSplit {
 public:
  ThresholdSplit(const Scenario& scenario, uint64_t draws_max,
                 std::unique_ptr<VisitorSplit> of_many)
      : draws_(scenario), draws_max_(draws_max), of_many_(std::move(of_many)) {}

  void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream& stream,
             std::vector<uint64_t>& by_arm) override {
    if (visitors <= draws_max_) {
      draws_.Split(known, visitors, stream, by_arm);
    } else {
      of_many_->Split(known, visitors, stream, by_arm);
    }
  }

 private:
  ThompsonDrawSplit draws_;
  const uint64_t draws_max_;
  const std::unique_ptr<VisitorSplit> of_many_;
};

class Ucb1Split final : public VisitorSplit {
 public:
  void Split(const OutcomeLedger& known, uint64_t visitors, bandit::RandomStream&,
             std::vector<uint64_t>& by_arm) override {
    uint64_t time = 0;
    for (uint64_t exposures : known.exposures()) time += exposures;
    arms_.clear();
    for (size_t arm = 0; arm < known.exposures().size(); ++arm) {
      arms_.push_back({known.exposures()[arm], known.conversions()[arm], time});
    }
    by_arm.assign(arms_.size(), 0);
    by_arm[GreatestBound(BoundKind::kUcb1, arms_)] = visitors;
  }

 private:
  std::vector<BoundArm> arms_;
};

std::vector<double> ConstantWeights(const Scenario& scenario) {
  if (scenario.policy == SimulatedPolicy::kFixed && !scenario.weights.empty()) {
    return scenario.weights;
  }
  return std::vector<double>(scenario.rates.size(), 1.0);
}

std::unique_ptr<VisitorSplit> MakeThompsonSplit(const Scenario& scenario) {
  // A draw takes about 70 ns an arm, P(best) by quadrature 45 µs an arm.
  constexpr uint64_t kDrawsMax = 500;
  switch (scenario.engine) {
    case Engine::kBatched:
      return std::make_unique<VersionSplit>(scenario);
    case Engine::kPerVisitor:
      return std::make_unique<ThompsonDrawSplit>(scenario);
    case Engine::kAutomatic:
      return std::make_unique<ThresholdSplit>(scenario, kDrawsMax,
                                              std::make_unique<VersionSplit>(scenario));
    case Engine::kSampled:
      return std::make_unique<ThresholdSplit>(scenario, SampledDraws(scenario.rates.size()),
                                              std::make_unique<SampledSplit>(scenario));
  }
  return nullptr;
}

std::unique_ptr<VisitorSplit> MakeTopTwoSplit(const Scenario& scenario) {
  if (scenario.engine == Engine::kSampled) return std::make_unique<SampledSplit>(scenario);
  return std::make_unique<VersionSplit>(scenario);
}

}  // namespace

std::unique_ptr<VisitorSplit> MakeVisitorSplit(const Scenario& scenario) {
  switch (scenario.policy) {
    case SimulatedPolicy::kFixed:
    case SimulatedPolicy::kUniform:
      return std::make_unique<ConstantSplit>(ConstantWeights(scenario));
    case SimulatedPolicy::kUcb1:
      return std::make_unique<Ucb1Split>();
    case SimulatedPolicy::kThompson:
      return MakeThompsonSplit(scenario);
    case SimulatedPolicy::kTopTwoThompson:
      return MakeTopTwoSplit(scenario);
  }
  return nullptr;
}

}  // namespace mab::simulation
