#include "bandit/delayed_posterior.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace mab::bandit {
namespace {

double Deviation(const Posterior& posterior) {
  const double total = posterior.alpha + posterior.beta;
  return std::sqrt(posterior.alpha / total * (posterior.beta / total) / (total + 1));
}

Posterior Weighted(const Posterior& prior, double conversions,
                   const std::vector<PendingTrials>& unconverted) {
  Posterior posterior{prior.alpha + conversions, prior.beta};
  for (const PendingTrials& cell : unconverted) {
    posterior.beta += cell.trials * cell.completed_share;
  }
  return posterior;
}

struct Reference {
  Posterior prior;
  double conversions;
  std::vector<PendingTrials> unconverted;
  double mean;
  double deviation;
};

const std::vector<Reference>& References() {
  static const std::vector<Reference> references = {
#include "reference/delayed_posterior_reference.inc"
  };
  return references;
}

TEST(DelayedPosteriorTest, AgreesWithThirtyDigitReferences) {
  double worst = 0;
  for (const Reference& reference : References()) {
    const Posterior posterior =
        DelayedPosterior(reference.prior, reference.conversions, reference.unconverted);
    const Posterior weighted =
        Weighted(reference.prior, reference.conversions, reference.unconverted);
    const double mean_error = std::fabs(posterior.mean() - reference.mean) / reference.deviation;
    const double deviation_error = std::fabs(Deviation(posterior) / reference.deviation - 1);
    printf("%8.0f conversions: mean off by %.1e, width by %.1e sd; weighting would be by %.1e\n",
           reference.conversions, mean_error, deviation_error,
           (reference.mean - weighted.mean()) / reference.deviation);
    if (posterior == weighted) {
      EXPECT_LE(mean_error, 1.5 * kMaterialShift);
    } else {
      EXPECT_LE(mean_error, 1e-6);
      EXPECT_LE(deviation_error, 1e-6);
      worst = std::max({worst, mean_error, deviation_error});
    }
  }
  printf("worst error of an integrated one: %.2g standard deviations\n", worst);
}

TEST(DelayedPosteriorTest, WithoutPendingTrialsIsTheBeta) {
  EXPECT_EQ(DelayedPosterior({1, 1}, 0, {}), (Posterior{1, 1}));
  EXPECT_EQ(DelayedPosterior({0.1, 2.5}, 370, {{7000, 1}, {620, 1}}), (Posterior{370.1, 7622.5}));
  EXPECT_EQ(DelayedPosterior({1, 1}, 1e9, {{1e9, 1}}), (Posterior{1e9 + 1, 1e9 + 1}));
}

TEST(DelayedPosteriorTest, CountsAPendingTrialAsItsShareOfAFailure) {
  const Posterior posterior = DelayedPosterior({1, 1}, 5, {{100, 1}, {40, 0.25}, {1000, 0}});
  EXPECT_NEAR(posterior.alpha, 6, 1e-12);
  EXPECT_NEAR(posterior.beta, 111, 1e-12);
}

TEST(DelayedPosteriorTest, IgnoresWhatIsNotACount) {
  EXPECT_EQ(DelayedPosterior({1, 1}, 5, {{100, 1}, {-3, 0.5}, {0, 0.5}, {7, -0.1}, {2, 1.5}}),
            (Posterior{6, 103}));
  EXPECT_EQ(DelayedPosterior({1, 1}, -2, {{10, 1}}), (Posterior{1, 11}));
}

TEST(DelayedPosteriorTest, KeepsBothParametersAtATenthOrMore) {
  for (const Posterior& prior : {Posterior{0.1, 0.1}, Posterior{0.1, 50}, Posterior{50, 0.1}}) {
    for (double conversions : {0.0, 1.0, 10.0, 1e6}) {
      for (double trials : {0.0, 1.0, 1e3, 1e9}) {
        for (double share : {1e-12, 1e-3, 0.5, 0.999, 1 - 1e-12}) {
          const Posterior posterior = DelayedPosterior(prior, conversions, {{trials, share}});
          SCOPED_TRACE(testing::Message() << prior.alpha << " " << prior.beta << " " << conversions
                                          << " of " << trials << " at " << share);
          ASSERT_GE(posterior.alpha, 0.1);
          ASSERT_GE(posterior.beta, 0.1);
          ASSERT_TRUE(std::isfinite(posterior.alpha) && std::isfinite(posterior.beta));
          // Between all pending ones counted as G of a failure and none counted at all.
          const Posterior weighted = Weighted(prior, conversions, {{trials, share}});
          ASSERT_GE(posterior.mean(), weighted.mean() - 1e-9);
          ASSERT_LE(posterior.mean(),
                    (Posterior{prior.alpha + conversions, prior.beta}).mean() + 1e-9);
        }
      }
    }
  }
}

TEST(DelayedPosteriorTest, DoesNotJumpWhereItBeginsToIntegrate) {
  // Pending trials are added until the mean would be off by more than kMaterialShift.
  int switches = 0;
  for (double rate : {0.01, 0.05, 0.2, 0.5, 0.9, 0.99}) {
    for (double trials : {30.0, 1e3, 1e5, 1e7}) {
      double last_pending = 0;
      const auto posterior_with = [&](double pending) {
        return DelayedPosterior({1, 1}, rate * trials,
                                {{(1 - rate) * trials, 1}, {pending, 0.3}, {pending, 0.7}});
      };
      for (double pending = 1e-4 * trials; pending < 10 * trials; pending *= 1.002) {
        const Posterior posterior = posterior_with(pending);
        if (posterior == Weighted({1, 1}, rate * trials,
                                  {{(1 - rate) * trials, 1}, {pending, 0.3}, {pending, 0.7}})) {
          last_pending = pending;
          continue;
        }
        if (last_pending == 0) break;
        ++switches;
        const Posterior before = posterior_with(last_pending);
        const Posterior weighted = Weighted(
            {1, 1}, rate * trials, {{(1 - rate) * trials, 1}, {pending, 0.3}, {pending, 0.7}});
        EXPECT_NEAR((posterior.mean() - weighted.mean()) / Deviation(weighted), kMaterialShift,
                    0.5 * kMaterialShift)
            << rate << " of " << trials << " with " << pending;
        EXPECT_NEAR(Deviation(posterior) / Deviation(before), 1, 2 * kMaterialShift);
        break;
      }
    }
  }
  EXPECT_GE(switches, 15);
}

// Forty ages at which nearly all have converted, of which more have than G lets expect: the density
// piles up at a rate of 1, a thousand times narrower than the weighted Beta.
std::vector<PendingTrials> NearlyAllConverted(double rate, double trials, double& conversions) {
  std::vector<PendingTrials> cells;
  conversions = 0;
  for (int i = 0; i < 40; ++i) {
    const double completed = 0.90 + 0.099 * i / 39;
    const double converted = std::floor(trials / 40 * rate * std::min(1.0, completed + 0.02));
    conversions += converted;
    cells.push_back({trials / 40 - converted, completed});
  }
  return cells;
}

struct Extreme {
  Posterior prior;
  double conversions;
  std::vector<PendingTrials> unconverted;
};

std::vector<Extreme> Extremes() {
  std::vector<Extreme> extremes;
  for (double rate : {0.5, 0.9, 0.97, 0.99, 0.999}) {
    for (double trials : {1e4, 1e6, 1e9}) {
      for (double beta : {1.0, 0.1}) {
        Extreme extreme{{1, beta}, 0, {}};
        extreme.unconverted = NearlyAllConverted(rate, trials, extreme.conversions);
        extremes.push_back(extreme);
      }
    }
  }
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int run = 0; run < 3000; ++run) {
    Extreme extreme{{0.1 + std::pow(10, 3 * uniform(random)) - 1,
                     0.1 + std::pow(10, 3 * uniform(random) * uniform(random)) - 1},
                    std::floor(std::pow(10, 9 * uniform(random))),
                    {}};
    const int cells = 1 + static_cast<int>(60 * uniform(random) * uniform(random));
    for (int i = 0; i < cells; ++i) {
      const double open = std::pow(10, -16 * uniform(random) * uniform(random));
      extreme.unconverted.push_back({std::pow(10, 9 * uniform(random)), 1 - open});
    }
    extremes.push_back(extreme);
  }
  return extremes;
}

// So the bound on panels, and with it on the time, is never what decides.
TEST(DelayedPosteriorTest, NeedsFewPanelsWhateverTheData) {
  double longest = 0;
  int integrated = 0;
  for (const Extreme& extreme : Extremes()) {
    const auto start = std::chrono::steady_clock::now();
    const Posterior posterior =
        DelayedPosterior(extreme.prior, extreme.conversions, extreme.unconverted);
    longest = std::max(
        longest, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                     .count());
    ASSERT_EQ(posterior, DelayedPosterior(extreme.prior, extreme.conversions, extreme.unconverted,
                                          kDelayedPanelsMax / 2));
    const Posterior weighted = Weighted(extreme.prior, extreme.conversions, extreme.unconverted);
    ASSERT_GE(posterior.mean(), weighted.mean() * (1 - 1e-9));
    ASSERT_TRUE(std::isfinite(posterior.alpha) && std::isfinite(posterior.beta));
    ASSERT_GE(posterior.alpha, 0.1);
    ASSERT_GE(posterior.beta, 0.1);
    integrated += posterior == weighted ? 0 : 1;
  }
  printf("%d integrated, the longest one took %.2f ms\n", integrated, longest);
  EXPECT_GT(integrated, 500);
  EXPECT_LT(longest, 500);
}

TEST(DelayedPosteriorTest, IsTheWeightedBetaWhereThePanelsDoNotReach) {
  double conversions = 0;
  const std::vector<PendingTrials> cells = NearlyAllConverted(0.9, 1e5, conversions);
  const Posterior weighted = Weighted({1, 1}, conversions, cells);
  int needed = 0;
  while (DelayedPosterior({1, 1}, conversions, cells, needed) == weighted) ++needed;
  printf("%d panels a side\n", needed);
  EXPECT_GT(needed, 1);
  EXPECT_LT(needed, 15);
  EXPECT_EQ(DelayedPosterior({1, 1}, conversions, cells, needed),
            DelayedPosterior({1, 1}, conversions, cells));
}

TEST(DelayedPosteriorTest, CellsMayBeSplitAndReordered) {
  std::vector<PendingTrials> whole;
  std::vector<PendingTrials> split;
  for (int i = 1; i <= 50; ++i) {
    whole.push_back({10.0 * i, 0.02 * i});
    split.insert(split.begin(), {4.0 * i, 0.02 * i});
    split.push_back({6.0 * i, 0.02 * i});
  }
  const Posterior a = DelayedPosterior({1, 1}, 3000, whole);
  const Posterior b = DelayedPosterior({1, 1}, 3000, split);
  EXPECT_NEAR(a.alpha, b.alpha, 1e-6 * a.alpha);
  EXPECT_NEAR(a.beta, b.beta, 1e-6 * a.beta);
}

TEST(DelayedPosteriorTest, TakesLittleOfASecondForTheLargestExperiment) {
  std::vector<PendingTrials> cells;
  for (int i = 0; i < 200; ++i) cells.push_back({1000.0 + i, 1 - std::exp(-0.03 * i)});
  constexpr int kArms = 100;
  const auto start = std::chrono::steady_clock::now();
  double sum = 0;
  for (int arm = 0; arm < kArms; ++arm) sum += DelayedPosterior({1, 1}, 1e5 + arm, cells).alpha;
  const double milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  printf("%.3f ms an arm of 200 ages\n", milliseconds / kArms);
  EXPECT_GT(sum, 0);
  // In an optimised build it is some 0.05 ms; sanitizers and a busy machine are allowed for.
  EXPECT_LT(milliseconds, 2000);
}

}  // namespace
}  // namespace mab::bandit
