// Calibration: simulated experiments whose true rates come from the prior. Given what was observed,
// the truth is then distributed as the posterior says, whatever the allocation was; so a 95 %
// interval holds the truth in 95 % of experiments, an arm with P(best) = p is best in a share p,
// and the expected loss is the mean of the real one. Given the data the rates are independent,
// hence so are the events that are counted here, and each count has an exact binomial distribution.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "bandit/best_arm.h"
#include "bandit/beta_sampler.h"
#include "bandit/comparison.h"
#include "bandit/credible_interval.h"
#include "bandit/freeze_version.h"
#include "bandit/sanitized_build.h"
#include "bandit/statistical_checks.h"
#include "bandit/weighted_sum.h"

namespace mab::bandit {
namespace {

constexpr uint64_t kExperiments = kSanitizedBuild ? 400 : 10'000;
constexpr double kLevel = 0.95;
// These take milliseconds each where counts are small.
constexpr uint64_t kExperimentsAGain = 10;

struct Experiment {
  std::vector<double> rates;
  std::vector<uint64_t> trials;
  std::vector<Posterior> posteriors;
};

double DrawRate(const Posterior& posterior, RandomStream& stream) {
  const double odds = DrawBetaOdds(posterior, stream);
  return odds / (1 + odds);
}

size_t ChooseArm(const DrawVersion& version, double uniform) {
  size_t arm = 0;
  while (arm + 1 < version.arms.size() && uniform >= version.arms[arm].allocation) {
    uniform -= version.arms[arm++].allocation;
  }
  return arm;
}

// 2 to 5 arms under Thompson allocation, a version for every batch of users.
Experiment Simulate(uint64_t index) {
  constexpr int kBatches = 4;
  constexpr int kBatchUsers = 100;
  const Posterior priors[] = {{1, 1}, {2, 18}, {0.5, 4}, {30, 300}};
  RandomStream stream(TestSalt(51), TestUser(51, index), 1, kFirstArmStream);
  const Posterior& prior = priors[index % 4];
  const size_t count = 2 + static_cast<size_t>(4 * stream.NextUniform());
  Experiment experiment{{}, std::vector<uint64_t>(count), std::vector<Posterior>(count, prior)};
  for (size_t k = 0; k < count; ++k) experiment.rates.push_back(DrawRate(prior, stream));
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<ArmState> arms(count);
    for (size_t k = 0; k < count; ++k) arms[k].posterior = experiment.posteriors[k];
    const DrawVersion version = FreezeVersion(DrawConfiguration{}, arms);
    for (int user = 0; user < kBatchUsers; ++user) {
      const size_t arm = ChooseArm(version, stream.NextUniform());
      const bool converts = stream.NextUniform() < experiment.rates[arm];
      ++experiment.trials[arm];
      experiment.posteriors[arm].alpha += converts;
      experiment.posteriors[arm].beta += !converts;
    }
  }
  return experiment;
}

// How often the truth was below, within and above an interval.
class Coverage {
 public:
  void Add(const Interval& interval, double truth) {
    ++cells_[truth < interval.lower ? 0 : truth <= interval.upper ? 1 : 2];
  }

  void Check(const char* name) const {
    const double count = static_cast<double>(cells_[0] + cells_[1] + cells_[2]);
    printf("%s: %.0f intervals of 95 %%: %.4f hold the truth, %.4f too high, %.4f too low\n", name,
           count, static_cast<double>(cells_[1]) / count, static_cast<double>(cells_[0]) / count,
           static_cast<double>(cells_[2]) / count);
    const double tail = (1 - kLevel) / 2;
    EXPECT_GT(ChiSquarePValue(cells_, {tail, kLevel, tail}), kErrorRate) << name;
  }

 private:
  std::vector<uint64_t> cells_ = std::vector<uint64_t>(3);
};

// The p-value that events happen with their stated probabilities: in each of ten bins of the
// probability, the count against its mean and variance.
class Reliability {
 public:
  void Add(double probability, bool happened) {
    Bin& bin = bins_[std::min<size_t>(9, static_cast<size_t>(10 * probability))];
    bin.expected += probability;
    bin.variance += probability * (1 - probability);
    bin.events += happened;
    ++bin.count;
  }

  void Check(const char* name) const {
    double statistic = 0;
    int used = 0;
    for (const Bin& bin : bins_) {
      printf("P(%s) %.3f on average, %s in a share %.3f of %.0f\n", name, bin.expected / bin.count,
             name, bin.events / bin.count, bin.count);
      // Nearly normal.
      if (bin.variance < 5) continue;
      statistic += (bin.events - bin.expected) * (bin.events - bin.expected) / bin.variance;
      ++used;
    }
    ASSERT_GE(used, kSanitizedBuild ? 1 : 10);
    EXPECT_GT(boost::math::cdf(boost::math::complement(boost::math::chi_squared(used), statistic)),
              kErrorRate);
  }

 private:
  struct Bin {
    double expected = 0;
    double variance = 0;
    double events = 0;
    double count = 0;
  };
  std::vector<Bin> bins_ = std::vector<Bin>(10);
};

// The mean of what happened less what was expected, in standard errors.
class MeanGap {
 public:
  void Add(double expected, double happened) {
    expected_ += expected;
    happened_ += happened;
    const double gap = happened - expected;
    sum_ += gap;
    squares_ += gap * gap;
    ++count_;
  }

  void Check(const char* name) const {
    const double error = std::sqrt(squares_);
    printf("%s: expected %.6f, happened %.6f on average, %.2f standard errors\n", name,
           expected_ / count_, happened_ / count_, sum_ / error);
    // An error rate of about 1e-6.
    EXPECT_LT(std::fabs(sum_), 5 * error) << name;
  }

 private:
  double expected_ = 0;
  double happened_ = 0;
  double sum_ = 0;
  double squares_ = 0;
  double count_ = 0;
};

struct Calibration {
  Coverage rate;
  Coverage difference;
  Coverage lift;
  Coverage gain;
  Reliability best;
  Reliability better;
  MeanGap leader_loss;
  MeanGap arm_loss;
  MeanGap gain_mean;
};

void AddGain(const Experiment& experiment, Calibration& calibration) {
  double total = 0;
  for (uint64_t trials : experiment.trials) total += static_cast<double>(trials);
  std::vector<double> weights;
  double truth = 0;
  for (size_t k = 0; k < experiment.rates.size(); ++k) {
    weights.push_back(static_cast<double>(experiment.trials[k]) -
                      total / static_cast<double>(experiment.rates.size()));
    truth += weights[k] * experiment.rates[k];
  }
  const WeightedSum gain = SummarizeWeightedSum(experiment.posteriors, weights, kLevel);
  calibration.gain.Add(gain.interval, truth);
  calibration.gain_mean.Add(gain.mean, truth);
}

void AddExperiment(uint64_t index, Calibration& calibration) {
  const Experiment experiment = Simulate(index);
  const std::vector<double>& rates = experiment.rates;
  for (size_t k = 0; k < rates.size(); ++k) {
    calibration.rate.Add(CredibleInterval(experiment.posteriors[k], kLevel), rates[k]);
  }
  const Comparison comparison =
      CompareWithControl(experiment.posteriors[0], experiment.posteriors[1], kLevel);
  calibration.difference.Add(comparison.difference, rates[1] - rates[0]);
  calibration.lift.Add(comparison.lift, rates[1] / rates[0] - 1);
  calibration.better.Add(comparison.probability_better, rates[1] > rates[0]);

  const BestArm best = ComputeBestArm(experiment.posteriors);
  const double highest = *std::max_element(rates.begin(), rates.end());
  // One arm an experiment: the arms' events exclude each other.
  const size_t arm = index % rates.size();
  calibration.best.Add(best.probability_best[arm], rates[arm] == highest);
  calibration.arm_loss.Add(best.expected_loss[arm], highest - rates[arm]);
  const size_t leader =
      static_cast<size_t>(std::min_element(best.expected_loss.begin(), best.expected_loss.end()) -
                          best.expected_loss.begin());
  calibration.leader_loss.Add(best.expected_loss[leader], highest - rates[leader]);
  if (index % kExperimentsAGain == 0) AddGain(experiment, calibration);
}

TEST(CalibrationTest, PosteriorsMeanWhatTheySay) {
  Calibration calibration;
  for (uint64_t index = 0; index < kExperiments; ++index) AddExperiment(index, calibration);
  calibration.rate.Check("rate");
  calibration.difference.Check("difference");
  calibration.lift.Check("lift");
  calibration.gain.Check("gain");
  calibration.best.Check("best");
  calibration.better.Check("better");
  calibration.leader_loss.Check("loss of the leader");
  calibration.arm_loss.Check("loss of any arm");
  calibration.gain_mean.Check("gain");
}

}  // namespace
}  // namespace mab::bandit
