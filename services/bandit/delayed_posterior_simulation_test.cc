// What counting pending exposures by their share of a failure does to regret and to bias, against
// counting them as failures at once and against waiting for the window. Thompson as it runs in
// production, with the distribution of delays estimated as the experiment goes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/delay_distribution.h"
#include "bandit/delayed_posterior.h"

namespace mab::bandit {
namespace {

enum class Counting { kWeighted, kPendingAsFailures, kWaiting, kConversionsAtOnce };

const char* NameOf(Counting counting) {
  switch (counting) {
    case Counting::kWeighted:
      return "weighted by G";
    case Counting::kPendingAsFailures:
      return "pending as failures";
    case Counting::kWaiting:
      return "waiting for maturity";
    case Counting::kConversionsAtOnce:
      return "conversions at once, failures at maturity";
  }
  return "";
}

constexpr std::array<Counting, 4> kCountings = {Counting::kWeighted, Counting::kPendingAsFailures,
                                                Counting::kWaiting, Counting::kConversionsAtOnce};

// Users come one in `seconds_a_user`; new versions every `batch` users.
struct World {
  std::vector<double> rates = {0.05, 0.06};
  int users = 20'000;
  int batch = 200;
  double seconds_a_user = 1;
  double mean_delay_seconds = 1000;
  double window_seconds = 6000;
};

// The exposures of a batch, all of which count as exposed at its end.
struct Batch {
  double exposed_at;
  std::vector<double> exposures;
  // By arm: the delays of those who convert within the window.
  std::vector<std::vector<double>> delays;
};

class Experiment {
 public:
  Experiment(const World& world, uint64_t seed) : world_(world), random_(seed) {}

  // One batch with these shares, exposed from now to a batch's time later, which then is now.
  void Step(const std::vector<double>& shares) {
    std::discrete_distribution<size_t> draw(shares.begin(), shares.end());
    std::uniform_real_distribution<double> uniform(0, 1);
    now_ += world_.batch * world_.seconds_a_user;
    Batch batch{now_, std::vector<double>(shares.size(), 0.0), {}};
    batch.delays.resize(shares.size());
    // The delay's distribution is exponential, cut at the window.
    const double within = -std::expm1(-world_.window_seconds / world_.mean_delay_seconds);
    for (int user = 0; user < world_.batch; ++user) {
      const size_t arm = draw(random_);
      ++batch.exposures[arm];
      if (uniform(random_) >= world_.rates[arm]) continue;
      batch.delays[arm].push_back(-world_.mean_delay_seconds *
                                  std::log1p(-uniform(random_) * within));
    }
    batches_.push_back(std::move(batch));
  }

  DelayDistribution EstimateDelays() const {
    std::vector<DelayedConversions> cells;
    for (const Batch& batch : batches_) {
      const double age = now_ - batch.exposed_at;
      for (const std::vector<double>& delays : batch.delays) {
        for (double delay : delays) {
          if (delay <= age) cells.push_back({age, DelayBucket(delay), 1});
        }
      }
    }
    return DelayDistribution::Estimate(cells, world_.window_seconds);
  }

  std::vector<Posterior> Posteriors(Counting counting) const {
    const DelayDistribution g =
        counting == Counting::kWeighted ? EstimateDelays() : DelayDistribution();
    std::vector<Posterior> posteriors;
    for (size_t arm = 0; arm < world_.rates.size(); ++arm) {
      double conversions = 0;
      std::vector<PendingTrials> unconverted;
      for (const Batch& batch : batches_) {
        const double age = now_ - batch.exposed_at;
        const bool matured = age >= world_.window_seconds;
        if (counting == Counting::kWaiting && !matured) continue;
        const auto converted =
            static_cast<double>(std::count_if(batch.delays[arm].begin(), batch.delays[arm].end(),
                                              [&](double delay) { return delay <= age; }));
        double share = g.CompletedShare(age);
        if (counting == Counting::kPendingAsFailures) share = 1;
        if (counting == Counting::kConversionsAtOnce) share = matured ? 1 : 0;
        conversions += converted;
        unconverted.push_back({batch.exposures[arm] - converted, share});
      }
      posteriors.push_back(DelayedPosterior({1, 1}, conversions, unconverted));
    }
    return posteriors;
  }

  double Regret() const {
    const double best = *std::max_element(world_.rates.begin(), world_.rates.end());
    double regret = 0;
    for (const Batch& batch : batches_) {
      for (size_t arm = 0; arm < world_.rates.size(); ++arm) {
        regret += batch.exposures[arm] * (best - world_.rates[arm]);
      }
    }
    return regret;
  }

 private:
  const World world_;
  std::mt19937_64 random_;
  double now_ = 0;
  std::vector<Batch> batches_;
};

struct Average {
  double mean;
  double error;
};

Average AverageOf(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (double value : values) {
    sum += value;
    squares += value * value;
  }
  const double count = static_cast<double>(values.size());
  return {sum / count, std::sqrt((squares / count - sum * sum / count / count) / count)};
}

Average RegretOf(const World& world, Counting counting, int runs) {
  std::vector<double> regrets;
  for (int run = 0; run < runs; ++run) {
    Experiment experiment(world, static_cast<uint64_t>(run));
    std::vector<double> shares(world.rates.size(), 1.0 / static_cast<double>(world.rates.size()));
    for (int user = 0; user < world.users; user += world.batch) {
      experiment.Step(shares);
      shares = ComputeBestArm(experiment.Posteriors(counting)).probability_best;
    }
    regrets.push_back(experiment.Regret());
  }
  return AverageOf(regrets);
}

TEST(DelaySimulationTest, WeightingCostsLessRegretThanCountingAtOnceOrWaiting) {
  constexpr int kRuns = 120;
  const World world;
  std::array<Average, 3> regrets;
  for (size_t i = 0; i < regrets.size(); ++i) {
    regrets[i] = RegretOf(world, kCountings[i], kRuns);
    printf("regret %s: %.1f ± %.1f\n", NameOf(kCountings[i]), regrets[i].mean, regrets[i].error);
  }
  // 300 runs with batches of 100 gave 30 ± 1.2, 41 ± 1.3 and 50 ± 0.9.
  EXPECT_LT(regrets[0].mean, regrets[1].mean);
  EXPECT_LT(regrets[0].mean, regrets[2].mean);
}

// The mean of an arm's posterior in each way of counting, when 20,000 users have come evenly over
// `days` and 5 % of them convert sooner or later.
std::array<Average, 4> MeansOf(double mean_delay_seconds, double days) {
  constexpr int kRuns = 30;
  World world;
  world.rates = {0.05};
  world.window_seconds = 7 * 86'400;
  world.mean_delay_seconds = mean_delay_seconds;
  world.seconds_a_user = days * 86'400 / world.users;
  std::array<std::vector<double>, 4> means;
  for (int run = 0; run < kRuns; ++run) {
    Experiment experiment(world, static_cast<uint64_t>(run));
    for (int user = 0; user < world.users; user += world.batch) experiment.Step({1});
    for (size_t i = 0; i < means.size(); ++i) {
      const Posterior posterior = experiment.Posteriors(kCountings[i])[0];
      means[i].push_back(posterior.mean());
    }
  }
  std::array<Average, 4> averages;
  for (size_t i = 0; i < means.size(); ++i) averages[i] = AverageOf(means[i]);
  return averages;
}

TEST(DelaySimulationTest, WeightingLeavesLittleBias) {
  for (double hours : {1.0 / 6, 6.0, 48.0}) {
    for (double days : {1.0, 3.0, 10.0}) {
      const std::array<Average, 4> means = MeansOf(3600 * hours, days);
      printf("delays of %4.1f h, after %2.0f days:", hours, days);
      for (size_t i = 0; i < means.size(); ++i) {
        printf("  %s %.4f", NameOf(kCountings[i]), means[i].mean);
      }
      printf("\n");
      const auto bias = [&](size_t i) { return std::fabs(means[i].mean - 0.05); };
      // Failures only at maturity: never.
      EXPECT_GT(means[3].mean, 0.1);
      if (days < 7) {
        // Nothing has matured: waiting knows only the prior. The tail of G is not known yet.
        EXPECT_NEAR(means[2].mean, 0.5, 1e-9);
        EXPECT_LT(bias(0), hours < 1 ? 0.003 : bias(1));
        continue;
      }
      // Past the window G is known. Five standard errors (1e-6) and 1 %.
      EXPECT_LE(bias(0), 5 * means[0].error + 0.0005);
      EXPECT_LT(means[1].mean, 0.05 - 2 * means[1].error);
    }
  }
}

}  // namespace
}  // namespace mab::bandit
