#include "simulation/outcome_ledger.h"

#include <gtest/gtest.h>

#include <cmath>

#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

// 4.9 standard errors: an error rate of 1e-6.
constexpr double kErrors = 4.9;
constexpr uint64_t kSeed = 20'262;

Scenario Delayed(PendingTreatment pending) {
  Scenario scenario;
  scenario.rates = {0.05, 0.1};
  scenario.delay = {.kind = DelayKind::kExponential, .mean_seconds = 3600};
  scenario.conversion_window_seconds = 6 * 3600;
  scenario.pending = pending;
  return scenario;
}

OutcomeLedger LedgerOf(const Scenario& scenario) {
  return OutcomeLedger(scenario, MakeRunStream(kSeed, 0, kDelayStream));
}

TEST(OutcomeLedgerTest, KnowsAtOnceWhatHasNoDelay) {
  Scenario scenario;
  scenario.rates = {0.05, 0.1};
  scenario.prior = {2, 3};
  OutcomeLedger ledger = LedgerOf(scenario);
  ledger.AdvanceTo(0);
  EXPECT_EQ(ledger.posteriors()[0], (bandit::Posterior{2, 3}));
  ledger.Add(1, {100, 50}, {7, 0});
  ledger.AdvanceTo(2);
  EXPECT_EQ(ledger.posteriors()[0], (bandit::Posterior{9, 96}));
  EXPECT_EQ(ledger.posteriors()[1], (bandit::Posterior{2, 53}));
}

TEST(OutcomeLedgerTest, RevealsEveryConversionByTheEndOfTheWindow) {
  for (const PendingTreatment pending : {PendingTreatment::kWeighted, PendingTreatment::kFailure,
                                         PendingTreatment::kWaitForWindow}) {
    const Scenario scenario = Delayed(pending);
    OutcomeLedger ledger = LedgerOf(scenario);
    ledger.Add(0, {1'000, 2'000}, {50, 190});
    for (int minute = 1; minute < 360; ++minute) {
      ledger.AdvanceTo(60.0 * minute);
      ASSERT_LE(ledger.conversions()[0], 50u);
    }
    ledger.AdvanceTo(6 * 3600);
    EXPECT_EQ(ledger.conversions()[0], 50u);
    EXPECT_EQ(ledger.posteriors()[0], (bandit::Posterior{51, 951}));
    EXPECT_EQ(ledger.posteriors()[1], (bandit::Posterior{191, 1'811}));
  }
}

TEST(OutcomeLedgerTest, RevealsConversionsAsTheirDelaysHaveIt) {
  const Scenario scenario = Delayed(PendingTreatment::kFailure);
  OutcomeLedger ledger = LedgerOf(scenario);
  const uint64_t conversions = 100'000;
  ledger.Add(0, {1'000'000, 0}, {conversions, 0});
  for (const double hours : {0.1, 0.5, 1.0, 3.0}) {
    ledger.AdvanceTo(hours * 3600);
    const double share = (1 - std::exp(-hours)) / (1 - std::exp(-6));
    const double error = std::sqrt(static_cast<double>(conversions) * share * (1 - share));
    EXPECT_NEAR(static_cast<double>(ledger.conversions()[0]),
                share * static_cast<double>(conversions), kErrors * error)
        << hours << " hours, seed " << kSeed;
  }
}

TEST(OutcomeLedgerTest, WaitingForTheWindowCountsNothingBefore) {
  const Scenario scenario = Delayed(PendingTreatment::kWaitForWindow);
  OutcomeLedger ledger = LedgerOf(scenario);
  ledger.Add(0, {1'000, 0}, {500, 0});
  ledger.AdvanceTo(6 * 3600 - 1);
  EXPECT_EQ(ledger.posteriors()[0], (bandit::Posterior{1, 1}));
}

// Visitors come evenly for four hours, when most conversions of the last hour are still to come.
double MeanAfterFourHours(PendingTreatment pending) {
  const Scenario scenario = Delayed(pending);
  OutcomeLedger ledger = LedgerOf(scenario);
  for (int step = 0; step < 48; ++step) {
    ledger.Add(300.0 * step + 150, {20'000, 20'000}, {1'000, 2'000});
    ledger.AdvanceTo(300.0 * (step + 1));
  }
  return ledger.posteriors()[1].mean();
}

TEST(OutcomeLedgerTest, WeightedPendingExposuresGiveTheTrueRate) {
  EXPECT_NEAR(MeanAfterFourHours(PendingTreatment::kWeighted), 0.1, 0.004);
  EXPECT_LT(MeanAfterFourHours(PendingTreatment::kFailure), 0.085);
}

}  // namespace
}  // namespace mab::simulation
