#include "simulation/restless_bandit.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "bandit/random_stream.h"
#include "simulation/run_stream.h"
#include "simulation/thompson_draw.h"
#include "simulation/upper_confidence.h"

namespace mab::simulation {
namespace {

// What happened to one arm since the last feedback.
struct Unseen {
  bool replaced = false;
  uint64_t born = 0;  // the step of the replacement
  uint64_t trials = 0;
  uint64_t conversions = 0;
};

class RestlessRun {
 public:
  RestlessRun(const RestlessScenario& scenario, uint64_t run)
      : scenario_(scenario),
        choices_(MakeRunStream(scenario.seed, run, kChoiceStream)),
        outcomes_(MakeRunStream(scenario.seed, run, kConversionStream)),
        environment_(MakeRunStream(scenario.seed, run, kEnvironmentStream)),
        born_(static_cast<size_t>(scenario.arms), 0),
        seen_(born_.size()),
        unseen_(born_.size()),
        posteriors_(born_.size()) {
    for (size_t arm = 0; arm < born_.size(); ++arm) rates_.push_back(NewRate());
  }

  double Run() {
    double regret = 0;
    for (uint64_t step = 0; step < scenario_.steps; ++step) {
      if (step % scenario_.delay == 0) Learn();
      const size_t arm = Choose(step);
      regret += *std::max_element(rates_.begin(), rates_.end()) - rates_[arm];
      ++unseen_[arm].trials;
      if (outcomes_.NextUniform() < rates_[arm]) ++unseen_[arm].conversions;
      if (environment_.NextUniform() < scenario_.replacement_probability) ReplaceOne(step + 1);
    }
    return regret;
  }

 private:
  double NewRate() { return DrawRate({4, 4}, environment_); }

  size_t Choose(uint64_t step) {
    if (scenario_.policy == RestlessPolicy::kThompson) return DrawBest(posteriors_, choices_);
    for (size_t arm = 0; arm < seen_.size(); ++arm) seen_[arm].time = step - born_[arm];
    return GreatestBound(BoundKind::kChernoff, seen_);
  }

  void ReplaceOne(uint64_t step) {
    const double arms = static_cast<double>(rates_.size());
    const size_t arm = static_cast<size_t>(environment_.NextUniform() * arms);
    rates_[arm] = NewRate();
    unseen_[arm] = {.replaced = true, .born = step};
  }

  void Learn() {
    for (size_t arm = 0; arm < seen_.size(); ++arm) {
      if (unseen_[arm].replaced) {
        born_[arm] = unseen_[arm].born;
        seen_[arm] = {};
      }
      seen_[arm].trials += unseen_[arm].trials;
      seen_[arm].conversions += unseen_[arm].conversions;
      unseen_[arm] = {};
      posteriors_[arm] = {1.0 + static_cast<double>(seen_[arm].conversions),
                          1.0 + static_cast<double>(seen_[arm].trials - seen_[arm].conversions)};
    }
  }

  const RestlessScenario& scenario_;
  bandit::RandomStream choices_;
  bandit::RandomStream outcomes_;
  bandit::RandomStream environment_;
  std::vector<double> rates_;
  // As far as the policy was told.
  std::vector<uint64_t> born_;
  std::vector<BoundArm> seen_;
  std::vector<Unseen> unseen_;
  std::vector<bandit::Posterior> posteriors_;
};

}  // namespace

double RunRestlessBandit(const RestlessScenario& scenario, uint64_t run) {
  return RestlessRun(scenario, run).Run();
}

}  // namespace mab::simulation
