#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/beta_sampler.h"
#include "bandit/comparison.h"
#include "bandit/confidence_sequence.h"
#include "bandit/credible_interval.h"
#include "bandit/delay_distribution.h"
#include "bandit/delayed_posterior.h"
#include "bandit/draw.h"
#include "bandit/freeze_version.h"
#include "bandit/random_stream.h"
#include "bandit/sample_ratio.h"
#include "bandit/stratified_posteriors.h"
#include "bandit/user_hash.h"
#include "bandit/value_remaining.h"
#include "bandit/weighted_sum.h"

namespace mab::bandit {
namespace {

std::vector<ArmState> ArmsOfAnExperiment(size_t count) {
  std::vector<ArmState> arms(count);
  for (size_t i = 0; i < count; ++i) {
    arms[i].exposures = 10'000 + 100 * i;
    arms[i].posterior = CountedPosterior({}, arms[i].exposures, 500 + 6 * i);
  }
  return arms;
}

std::vector<Posterior> PosteriorsOfAnExperiment(size_t count) {
  std::vector<Posterior> posteriors;
  for (const ArmState& arm : ArmsOfAnExperiment(count)) posteriors.push_back(arm.posterior);
  return posteriors;
}

UserHash NextUser(uint64_t& state) {
  UserHash user;
  ++state;
  for (size_t i = 0; i < 8; ++i) user.bytes[i] = static_cast<uint8_t>(state >> (8 * i));
  return user;
}

void BM_HashUser(benchmark::State& state) {
  const std::string key(16, 'k');
  const std::string id = "visitor-0123456789abcdef";
  for (auto _ : state) benchmark::DoNotOptimize(HashUser(key, id));
}
BENCHMARK(BM_HashUser);

void BM_MakeStreamAndReadOneUniform(benchmark::State& state) {
  uint64_t users = 0;
  for (auto _ : state) {
    RandomStream stream(Salt{}, NextUser(users), 1, kChoiceStream);
    benchmark::DoNotOptimize(stream.NextUniform());
  }
}
BENCHMARK(BM_MakeStreamAndReadOneUniform);

void DrawBeta(benchmark::State& state, Posterior posterior) {
  RandomStream stream(Salt{}, UserHash{}, 1, kFirstArmStream);
  for (auto _ : state) benchmark::DoNotOptimize(DrawBetaOdds(posterior, stream));
}
BENCHMARK_CAPTURE(DrawBeta, both_below_1_small, Posterior{0.1, 0.1});
BENCHMARK_CAPTURE(DrawBeta, both_below_1_middle, Posterior{0.5, 0.5});
BENCHMARK_CAPTURE(DrawBeta, both_below_1_large, Posterior{0.99, 0.99});
BENCHMARK_CAPTURE(DrawBeta, both_below_1_unlike, Posterior{0.1, 0.99});
BENCHMARK_CAPTURE(DrawBeta, one_below_1, Posterior{0.5, 3});
BENCHMARK_CAPTURE(DrawBeta, one_below_1_other_1e9, Posterior{0.1, 1e9});
BENCHMARK_CAPTURE(DrawBeta, both_1, Posterior{1, 1});
BENCHMARK_CAPTURE(DrawBeta, small, Posterior{3, 40});
BENCHMARK_CAPTURE(DrawBeta, large, Posterior{371, 7621});
BENCHMARK_CAPTURE(DrawBeta, both_1e9, Posterior{1e9, 1e9});

void DrawWithPolicy(benchmark::State& state, Policy policy, double floor) {
  DrawConfiguration configuration;
  configuration.policy = policy;
  configuration.floor = floor;
  DrawVersion version =
      FreezeVersion(configuration, ArmsOfAnExperiment(static_cast<size_t>(state.range(0))));
  version.number = 1;
  uint64_t users = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Draw(version, NextUser(users)));
}
BENCHMARK_CAPTURE(DrawWithPolicy, thompson, Policy::kThompson, 0.0)->Arg(2)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(DrawWithPolicy, top_two, Policy::kTopTwoThompson, 0.0)->Arg(2)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(DrawWithPolicy, fixed, Policy::kFixed, 0.0)->Arg(2)->Arg(10)->Arg(100);

void BM_ComputeBestArm(benchmark::State& state) {
  const auto posteriors = PosteriorsOfAnExperiment(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ComputeBestArm(posteriors));
}
BENCHMARK(BM_ComputeBestArm)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// The costliest kind: long exponential tails, every width of posterior at once.
void BM_ComputeBestArmOfUnlikeArms(benchmark::State& state) {
  std::vector<Posterior> posteriors;
  for (int i = 0; i < state.range(0); ++i) {
    posteriors.push_back({0.1, 0.1 + 100.0 * i});
    if (++i < state.range(0)) posteriors.push_back({10.0 * i * i * i, 3000.0});
  }
  for (auto _ : state) benchmark::DoNotOptimize(ComputeBestArm(posteriors));
}
BENCHMARK(BM_ComputeBestArmOfUnlikeArms)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

void BM_FreezeVersion(benchmark::State& state) {
  const auto arms = ArmsOfAnExperiment(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(FreezeVersion(DrawConfiguration{}, arms));
}
BENCHMARK(BM_FreezeVersion)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// Tenths of the parameters.
void BM_CredibleInterval(benchmark::State& state) {
  const Posterior posterior{static_cast<double>(state.range(0)) / 10,
                            static_cast<double>(state.range(1)) / 10};
  for (auto _ : state) benchmark::DoNotOptimize(CredibleInterval(posterior, 0.95));
}
BENCHMARK(BM_CredibleInterval)
    ->Args({3710, 76210})
    ->Args({10, 10})
    ->Args({1, 10'000'000'000})
    ->Unit(benchmark::kMicrosecond);

void BM_CompareAllWithControl(benchmark::State& state) {
  const auto posteriors = PosteriorsOfAnExperiment(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(CompareAllWithControl(posteriors, 0, 0.95));
}
BENCHMARK(BM_CompareAllWithControl)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// The costliest kind: nobody has converted, and the prior is the smallest.
void BM_CompareAllWithControlWithoutConversions(benchmark::State& state) {
  std::vector<Posterior> posteriors;
  for (int i = 0; i < state.range(0); ++i) posteriors.push_back({0.1, 0.1 + 100 * i});
  for (auto _ : state) benchmark::DoNotOptimize(CompareAllWithControl(posteriors, 0, 0.95));
}
BENCHMARK(BM_CompareAllWithControlWithoutConversions)
    ->Arg(2)
    ->Arg(10)
    ->Arg(100)
    ->Unit(benchmark::kMicrosecond);

void BM_ValueRemaining(benchmark::State& state) {
  const auto posteriors = PosteriorsOfAnExperiment(static_cast<size_t>(state.range(0)));
  const size_t leader = posteriors.size() - 1;
  for (auto _ : state) benchmark::DoNotOptimize(ValueRemaining(posteriors, leader, 0.99));
}
BENCHMARK(BM_ValueRemaining)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// All numbers of a report.
void BM_FullReport(benchmark::State& state) {
  const auto posteriors = PosteriorsOfAnExperiment(static_cast<size_t>(state.range(0)));
  const size_t leader = posteriors.size() - 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ComputeBestArm(posteriors));
    for (const Posterior& posterior : posteriors) {
      benchmark::DoNotOptimize(CredibleInterval(posterior, 0.95));
    }
    benchmark::DoNotOptimize(CompareAllWithControl(posteriors, 0, 0.95));
    benchmark::DoNotOptimize(ValueRemaining(posteriors, leader, 0.99));
  }
}
BENCHMARK(BM_FullReport)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// The share of conversions that have come by each age.
std::vector<PendingTrials> PendingTrialsOfAnArm(int ages) {
  std::vector<PendingTrials> pending;
  for (int i = 0; i < ages; ++i) {
    pending.push_back({1000.0 + i, 1 - std::exp(-6.0 * i / ages)});
  }
  return pending;
}

void BM_DelayedPosterior(benchmark::State& state) {
  const auto pending = PendingTrialsOfAnArm(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(DelayedPosterior({1, 1}, 10'000, pending));
}
BENCHMARK(BM_DelayedPosterior)->Arg(2)->Arg(20)->Arg(200)->Unit(benchmark::kMicrosecond);

// Nearly all have converted, more than G lets expect: the density piles up at a rate of 1.
void BM_DelayedPosteriorOfARateNearOne(benchmark::State& state) {
  std::vector<PendingTrials> pending;
  for (int i = 0; i < 40; ++i) pending.push_back({100, 0.90 + 0.099 * i / 39});
  for (auto _ : state) benchmark::DoNotOptimize(DelayedPosterior({1, 0.1}, 1e6, pending));
}
BENCHMARK(BM_DelayedPosteriorOfARateNearOne)->Unit(benchmark::kMicrosecond);

void BM_EstimateDelays(benchmark::State& state) {
  std::vector<DelayedConversions> cells;
  for (int i = 0; i < state.range(0); ++i) {
    cells.push_back({3600.0 * (i / 50), 30 + i % 50, 3.0, 3600.0});
  }
  for (auto _ : state) benchmark::DoNotOptimize(DelayDistribution::Estimate(cells, 604'800));
}
BENCHMARK(BM_EstimateDelays)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// Three months of hours, with a day and a night, and arms that change places.
std::vector<Stratum> StrataOfAnExperiment(size_t arms) {
  constexpr int kHours = 2200;
  std::vector<Stratum> strata(kHours);
  for (size_t t = 0; t < strata.size(); ++t) {
    const double swing = t % 24 < 12 ? 0.03 : 0.07;
    for (size_t k = 0; k < arms; ++k) {
      const double trials = static_cast<double>(10 + (t * (k + 3)) % 400);
      strata[t].trials.push_back(trials);
      strata[t].conversions.push_back(std::floor(trials * swing));
    }
  }
  return strata;
}

void BM_Stratify(benchmark::State& state) {
  const auto arms = static_cast<size_t>(state.range(0));
  const std::vector<Stratum> strata = StrataOfAnExperiment(arms);
  for (auto _ : state) benchmark::DoNotOptimize(Stratify(strata, {{1, 1}}, arms));
}
BENCHMARK(BM_Stratify)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

void BM_TestSampleRatio(benchmark::State& state) {
  const auto arms = static_cast<size_t>(state.range(0));
  std::vector<SampleRatioCell> cells;
  for (const Stratum& stratum : StrataOfAnExperiment(arms)) {
    cells.push_back({stratum.trials, stratum.trials});
  }
  for (auto _ : state) benchmark::DoNotOptimize(TestSampleRatio(cells, arms));
}
BENCHMARK(BM_TestSampleRatio)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

void BM_ConfidenceSequence(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ConfidenceSequence(7990, 370, 0.95));
}
BENCHMARK(BM_ConfidenceSequence)->Unit(benchmark::kMicrosecond);

// The weights of a gain: trials over an equal split.
std::vector<double> GainWeights(size_t count) {
  std::vector<double> weights;
  for (size_t i = 0; i < count; ++i) {
    weights.push_back(1000 * (static_cast<double>(i) - static_cast<double>(count - 1) / 2));
  }
  return weights;
}

void BM_WeightedSum(benchmark::State& state) {
  const auto posteriors = PosteriorsOfAnExperiment(static_cast<size_t>(state.range(0)));
  const auto weights = GainWeights(posteriors.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(SummarizeWeightedSum(posteriors, weights, 0.95));
  }
}
BENCHMARK(BM_WeightedSum)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

// No conversions yet: the densities begin with a jump.
void BM_WeightedSumOfNewArms(benchmark::State& state) {
  const std::vector<Posterior> posteriors(static_cast<size_t>(state.range(0)), Posterior{1, 30});
  const auto weights = GainWeights(posteriors.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(SummarizeWeightedSum(posteriors, weights, 0.95));
  }
}
BENCHMARK(BM_WeightedSumOfNewArms)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace mab::bandit
