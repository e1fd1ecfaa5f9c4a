#include "bandit/stratified_posteriors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "bandit/quasi_variance.h"
#include "bandit/sum.h"

namespace mab::bandit {
namespace {

const std::vector<Posterior> kPrior = {{1, 1}};

Stratification Answer(const std::vector<Stratum>& strata) {
  return Stratify(strata, kPrior, strata.front().trials.size());
}

// Σ_t s_t n_kt ρ_k / Σ_j n_jt ρ_j with ρ as standardised, which is to be s_k.
std::vector<double> ExpectedConversions(const std::vector<Stratum>& strata,
                                        const Stratification& answer) {
  std::vector<double> expected(answer.arms.size(), 0.0);
  for (const Stratum& stratum : strata) {
    double total = 0;
    for (size_t k = 0; k < expected.size(); ++k) total += stratum.trials[k] * answer.arms[k].rate;
    if (total == 0) continue;
    for (size_t k = 0; k < expected.size(); ++k) {
      expected[k] += Sum(stratum.conversions) * stratum.trials[k] * answer.arms[k].rate / total;
    }
  }
  return expected;
}

std::vector<Stratum> RandomStrata(uint64_t seed, size_t arms, size_t count, double swing) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Stratum> strata(count);
  for (Stratum& stratum : strata) {
    const double factor = 1 + swing * (2 * uniform(random) - 1);
    for (size_t k = 0; k < arms; ++k) {
      const double trials = std::floor(400 * uniform(random) * uniform(random));
      const double rate =
          factor * (0.04 + 0.02 * static_cast<double>(k) / static_cast<double>(arms));
      stratum.trials.push_back(trials);
      stratum.conversions.push_back(
          std::binomial_distribution<int>(static_cast<int>(trials), rate)(random));
    }
  }
  return strata;
}

TEST(StratifyTest, WithoutDataIsThePrior) {
  for (const std::vector<Stratum>& strata :
       {std::vector<Stratum>{}, std::vector<Stratum>{{{0, 0}, {0, 0}}}}) {
    const Stratification answer = Stratify(strata, {{2, 3}, {4, 5}}, 2);
    EXPECT_EQ(answer.arms[0].posterior, (Posterior{2, 3}));
    EXPECT_EQ(answer.arms[1].posterior, (Posterior{4, 5}));
    EXPECT_EQ(answer.swing.p_value, 1);
    EXPECT_FALSE(answer.disagrees);
    EXPECT_FALSE(answer.disconnected);
  }
}

TEST(StratifyTest, WithConstantSharesIsThePooledAnswer) {
  // A night at a fifth of the day's rate: no matter, both arms had the same of it.
  const std::vector<Stratum> strata = {{{3000, 1000, 500}, {30, 12, 4}},
                                       {{6000, 2000, 1000}, {310, 90, 58}},
                                       {{600, 200, 100}, {0, 0, 0}}};
  const Stratification answer = Answer(strata);
  for (const StratifiedArm& arm : answer.arms) {
    EXPECT_NEAR(arm.adjusted_trials / arm.trials, 1, 1e-9);
    EXPECT_NEAR(arm.effective_share, 1, 1e-9);
    EXPECT_NEAR(arm.posterior.alpha, arm.pooled_posterior.alpha, 1e-6);
    EXPECT_NEAR(arm.posterior.beta, arm.pooled_posterior.beta, 1e-5);
  }
  EXPECT_LT(answer.swing.p_value, 1e-10);
  EXPECT_NEAR(answer.shift, 0, 1e-6);
  EXPECT_FALSE(answer.disagrees);
}

TEST(StratifyTest, WithConstantRatesIsThePooledRate) {
  const std::vector<Stratum> strata = {{{3000, 1000}, {150, 60}}, {{1000, 4000}, {50, 240}}};
  const Stratification answer = Answer(strata);
  EXPECT_NEAR(answer.arms[0].rate, 0.05, 1e-4);
  EXPECT_NEAR(answer.arms[1].rate, 0.06, 1e-4);
  EXPECT_GT(answer.swing.p_value, 0.5);
  EXPECT_EQ(answer.swing.relative_swing, 0);
  // But it does not use what only the comparison of the two strata would say.
  EXPECT_LT(answer.arms[0].effective_share, 0.9);
}

TEST(StratifyTest, TurnsSimpsonsParadoxRound) {
  // B is a fifth better at night and at day, had three quarters of its traffic at night, and looks
  // worse.
  const std::vector<Stratum> strata = {{{10000, 30000}, {200, 720}}, {{30000, 10000}, {2400, 960}}};
  const Stratification answer = Answer(strata);
  EXPECT_GT(Answer(strata).arms[0].conversions / 40000, Answer(strata).arms[1].conversions / 40000);
  EXPECT_NEAR(answer.arms[1].rate / answer.arms[0].rate, 1.2, 1e-3);
  EXPECT_TRUE(answer.disagrees);
  EXPECT_GT(answer.shift, 10);
}

// Two weeks of which A had the days, at 8 %, and B the nights, at 2 %; B is a tenth better.
std::vector<Stratum> DaysAndNights() {
  std::vector<Stratum> strata;
  for (int hour = 0; hour < 24 * 14; ++hour) {
    const bool day = hour % 24 < 12;
    strata.push_back(day ? Stratum{{900, 100}, {72, 8.8}} : Stratum{{100, 900}, {2, 19.8}});
  }
  return strata;
}

TEST(StratifyTest, AnArmWithLittleDataDoesNotHideSimpsonsParadox) {
  struct Third {
    double trials;
    double conversions;
    bool eligible;
  };
  const double shift = Answer(DaysAndNights()).shift;
  EXPECT_GT(shift, 50);
  for (const Third& third : {Third{0, 0, true}, Third{0, 0, false}, Third{1, 0, true},
                             Third{1, 1, true}, Third{3, 3, true}, Third{40, 9, true}}) {
    SCOPED_TRACE(testing::Message() << third.conversions << " of " << third.trials);
    std::vector<Stratum> strata = DaysAndNights();
    for (Stratum& stratum : strata) {
      const bool first = &stratum == &strata.front();
      stratum.trials.push_back(first ? third.trials : 0);
      stratum.conversions.push_back(first ? third.conversions : 0);
    }
    const Stratification answer = Stratify(strata, kPrior, 3, {true, true, third.eligible});
    EXPECT_TRUE(answer.disagrees);
    EXPECT_NEAR(answer.shift, shift, 0.1);
    EXPECT_NEAR(answer.arms[1].rate / answer.arms[0].rate, 1.1, 1e-3);
  }
}

TEST(StratifyTest, ADisabledArmDoesNotLead) {
  // The third arm is the best by far, had all its traffic evenly, and is disabled.
  std::vector<Stratum> strata = DaysAndNights();
  for (size_t hour = 0; hour < strata.size(); ++hour) {
    strata[hour].trials.push_back(1000);
    strata[hour].conversions.push_back(hour % 24 < 12 ? 240 : 60);
  }
  EXPECT_TRUE(Stratify(strata, kPrior, 3, {true, true, false}).disagrees);
  // Nor does its disagreement count: A's and B's trials are alike in all hours.
  for (size_t hour = 0; hour < strata.size(); ++hour) {
    const bool day = hour % 24 < 12;
    strata[hour] = {{500, 500, day ? 900.0 : 100.0},
                    {day ? 40.0 : 10.0, day ? 44.0 : 11.0, day ? 144.0 : 4.0}};
  }
  EXPECT_TRUE(Stratify(strata, kPrior, 3).disagrees);
  EXPECT_FALSE(Stratify(strata, kPrior, 3, {true, true, false}).disagrees);
  EXPECT_FALSE(Stratify(strata, kPrior, 3, {true, false, false}).disagrees) << "one arm is left";
}

TEST(StratifyTest, ArmsOfFewConversionsDoNotLead) {
  // The shift is there, but less than kLeaderConversions say nothing of it.
  const std::vector<Stratum> few = {{{10, 300}, {0, 9}}, {{300, 10}, {9, 0}}};
  EXPECT_EQ(Answer(few).shift, 0);
  std::vector<Stratum> enough = few;
  enough.front().conversions[1] = kLeaderConversions;
  EXPECT_GT(Answer(enough).shift, 0);
}

TEST(StratifyTest, TellsHowFertileEachStratumWas) {
  const Stratification answer =
      Answer({{{1000, 1000}, {20, 40}}, {{500, 1500}, {20, 120}}, {{0, 0}, {0, 0}}});
  ASSERT_EQ(answer.stratum_factors.size(), 3u);
  EXPECT_NEAR(answer.stratum_factors[1] / answer.stratum_factors[0], 2, 1e-3);
  EXPECT_NEAR((answer.stratum_factors[0] + answer.stratum_factors[1]) / 2, 1, 1e-9);
  for (size_t k = 0; k < 2; ++k) {
    EXPECT_NEAR(
        answer.arms[k].adjusted_trials,
        answer.stratum_factors[0] * 1000 + answer.stratum_factors[1] * (k == 0 ? 500.0 : 1500.0),
        1e-9);
  }
  EXPECT_EQ(Answer({{{10, 20}, {0, 0}}, {{5, 0}, {0, 0}}}).stratum_factors,
            (std::vector<double>{1, 1}));
}

TEST(StratifyTest, SolvesTheEstimatingEquations) {
  for (size_t arms : {size_t{2}, size_t{5}, size_t{40}}) {
    const std::vector<Stratum> strata = RandomStrata(arms, arms, 300, 0.8);
    const Stratification answer = Answer(strata);
    const std::vector<double> expected = ExpectedConversions(strata, answer);
    double trials = 0;
    double adjusted = 0;
    double all = 0;
    for (const StratifiedArm& arm : answer.arms) all += arm.conversions;
    for (size_t k = 0; k < arms; ++k) {
      // The one conversion that is added moves them by 1 / all at most.
      EXPECT_NEAR(expected[k] / answer.arms[k].conversions, 1, 2 / all + 1e-9);
      trials += answer.arms[k].trials;
      adjusted += answer.arms[k].adjusted_trials;
      EXPECT_GT(answer.arms[k].effective_share, 0.3);
      EXPECT_LE(answer.arms[k].effective_share, 1);
    }
    EXPECT_NEAR(adjusted / trials, 1, 1e-9);
    EXPECT_NEAR(answer.swing.relative_swing, 0.8 / std::sqrt(3), 0.06);
  }
}

TEST(StratifyTest, TwoArmsHaveTheStrataOfTheirContrast) {
  // Var(log ρ_1 − log ρ_0) = 1 / Σ s_t π_t (1 − π_t), all of it in the two posteriors.
  const std::vector<Stratum> strata = RandomStrata(3, 2, 200, 0.9);
  const Stratification answer = Answer(strata);
  double information = 0;
  for (const Stratum& stratum : strata) {
    const double zero = stratum.trials[0] * answer.arms[0].rate;
    const double one = stratum.trials[1] * answer.arms[1].rate;
    if (zero + one > 0) {
      information += Sum(stratum.conversions) * zero * one / ((zero + one) * (zero + one));
    }
  }
  double variance = 0;
  for (const StratifiedArm& arm : answer.arms) {
    variance += 1 / (arm.effective_share * arm.conversions);
  }
  EXPECT_NEAR(variance * information, 1, 1e-2);
  EXPECT_NEAR(answer.arms[0].effective_share, answer.arms[1].effective_share, 1e-3);
}

TEST(StratifyTest, EveryContrastOfManyArmsHasAboutItsVariance) {
  // Quasi-variances cannot match 45 contrasts exactly.
  const size_t arms = 10;
  const std::vector<Stratum> strata = RandomStrata(8, arms, 300, 0.9);
  const StratifiedRates rates = FitStratifiedRates(strata, arms);
  const ContrastInformation known = InformationOfStrata(strata, rates);
  const ContrastVariances variances = VariancesOfContrasts(known);
  const std::vector<double> shares = EffectiveShares(known, variances);
  double worst = 0;
  for (size_t i = 0; i < arms; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double quasi = 1 / (shares[i] * known.pooled[i]) + 1 / (shares[j] * known.pooled[j]);
      worst = std::max(worst, std::fabs(quasi / variances.stratified.at(i, j) - 1));
    }
  }
  printf("worst relative error of a contrast's variance, ten arms: %.3f\n", worst);
  EXPECT_LT(worst, 0.05);
}

TEST(StratifyTest, AnArmWithoutConversionsHasAllItsFailures) {
  const std::vector<Stratum> strata = {
      {{1000, 500, 200}, {50, 0, 10}}, {{2000, 100, 200}, {50, 0, 6}}, {{100, 900, 0}, {0, 0, 0}}};
  const Stratification answer = Answer(strata);
  EXPECT_EQ(answer.arms[1].rate, 0);
  EXPECT_EQ(answer.arms[1].posterior.alpha, 1);
  EXPECT_GT(answer.arms[1].posterior.beta, 300);
  EXPECT_FALSE(answer.disconnected);
}

TEST(StratifyTest, WithoutAnyConversionIsThePooledAnswer) {
  const Stratification answer = Answer({{{1000, 500}, {0, 0}}, {{100, 700}, {0, 0}}});
  EXPECT_EQ(answer.arms[0].posterior, (Posterior{1, 1101}));
  EXPECT_EQ(answer.arms[1].posterior, (Posterior{1, 1201}));
}

TEST(StratifyTest, ComparesArmsThatNeverShareAStratumPooledAndSaysSo) {
  const Stratification answer = Answer({{{1000, 0}, {50, 0}}, {{0, 2000}, {0, 40}}});
  EXPECT_TRUE(answer.disconnected);
  EXPECT_FALSE(answer.disagrees);
  EXPECT_NEAR(answer.arms[0].rate, 0.05, 1e-9);
  EXPECT_NEAR(answer.arms[1].rate, 0.02, 1e-9);
  EXPECT_NEAR(answer.arms[0].effective_share, 1, 1e-9);
}

TEST(StratifyTest, TwoSeparatePairsAreStratifiedWithinAndPooledBetween) {
  const std::vector<Stratum> strata = {{{1000, 3000, 0, 0}, {20, 72, 0, 0}},
                                       {{3000, 1000, 0, 0}, {240, 96, 0, 0}},
                                       {{0, 0, 500, 500}, {0, 0, 30, 20}}};
  const Stratification answer = Answer(strata);
  EXPECT_TRUE(answer.disconnected);
  EXPECT_NEAR(answer.arms[1].rate / answer.arms[0].rate, 1.2, 1e-2);
  EXPECT_NEAR(answer.arms[2].rate / answer.arms[3].rate, 1.5, 1e-6);
  const double first = 428.0 / (answer.arms[0].adjusted_trials + answer.arms[1].adjusted_trials);
  EXPECT_NEAR(first, 428.0 / 8000, 2e-4);
}

TEST(StratifyTest, ConvergesWhereSharedStrataOnlyEverFavourOneArm) {
  // Without the added stratum the ratio would be infinite.
  const Stratification answer = Answer({{{1000, 1000}, {50, 0}}, {{0, 1000}, {0, 50}}});
  EXPECT_GT(answer.arms[0].rate, answer.arms[1].rate);
  for (const StratifiedArm& arm : answer.arms) {
    EXPECT_TRUE(std::isfinite(arm.posterior.alpha) && std::isfinite(arm.posterior.beta));
    EXPECT_GT(arm.effective_share, 0);
  }
}

TEST(StratifyTest, AdjustedTrialsAreNeverLessThanConversions) {
  const std::vector<Stratum> strata = {{{100, 100}, {99, 60}}, {{100, 1000}, {100, 20}}};
  for (const StratifiedArm& arm : Answer(strata).arms) {
    EXPECT_GE(arm.adjusted_trials, arm.conversions);
    EXPECT_GE(arm.posterior.beta, 1);
    EXPECT_LE(arm.rate, 1);
  }
}

TEST(StratifyTest, CountsWhatIsNotACountAsNone) {
  const Stratification answer = Answer({{{-5, 100}, {3, -1}}, {{10, 100}, {1, 4}}});
  EXPECT_EQ(answer.arms[0].trials, 13);
  EXPECT_EQ(answer.arms[0].conversions, 4);
  EXPECT_EQ(answer.arms[1].conversions, 4);
}

TEST(StratifyTest, IsFiniteWhateverTheStrata) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int run = 0; run < 400; ++run) {
    const size_t arms = 2 + static_cast<size_t>(6 * uniform(random));
    std::vector<Stratum> strata(static_cast<size_t>(30 * uniform(random)));
    for (Stratum& stratum : strata) {
      for (size_t k = 0; k < arms; ++k) {
        const double trials = uniform(random) < 0.4 ? 0 : std::pow(10, 9 * uniform(random));
        stratum.trials.push_back(trials);
        stratum.conversions.push_back(
            uniform(random) < 0.4 ? 0 : std::floor(trials * std::pow(uniform(random), 8)));
      }
    }
    const Stratification answer = Stratify(strata, kPrior, arms);
    for (const StratifiedArm& arm : answer.arms) {
      ASSERT_TRUE(std::isfinite(arm.posterior.alpha) && std::isfinite(arm.posterior.beta)) << run;
      ASSERT_GE(arm.posterior.alpha, 1);
      ASSERT_GE(arm.posterior.beta, 1);
      ASSERT_GT(arm.effective_share, 0);
      ASSERT_LE(arm.effective_share, 1);
      ASSERT_GE(arm.adjusted_trials, arm.conversions);
    }
    ASSERT_GE(answer.swing.p_value, 0);
    ASSERT_TRUE(std::isfinite(answer.swing.relative_swing));
  }
}

TEST(StratifyTest, TakesThreeMonthsOfHours) {
  for (size_t arms : {size_t{2}, size_t{10}, size_t{100}}) {
    const std::vector<Stratum> strata = RandomStrata(1, arms, 2200, 0.5);
    const auto start = std::chrono::steady_clock::now();
    const Stratification answer = Answer(strata);
    const double milliseconds =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    printf("%zu arms, 2,200 strata: %.2f ms\n", arms, milliseconds);
    EXPECT_EQ(answer.arms.size(), arms);
    EXPECT_LT(milliseconds, 5000);
  }
}

}  // namespace
}  // namespace mab::bandit
