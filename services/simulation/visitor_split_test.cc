#include "simulation/visitor_split.h"

#include <gtest/gtest.h>

#include <numeric>

#include "bandit/freeze_version.h"
#include "bandit/statistical_checks.h"
#include "simulation/run_stream.h"

namespace mab::simulation {
namespace {

constexpr uint64_t kSeed = 20'263;

// What is known after 200 exposures of each of three arms.
class VisitorSplitTest : public ::testing::Test {
 protected:
  VisitorSplitTest() { scenario_.rates = {0.1, 0.12, 0.2}; }

  OutcomeLedger Known() const {
    OutcomeLedger ledger(scenario_, MakeRunStream(kSeed, 0, kDelayStream));
    ledger.Add(0, {200, 200, 200}, {20, 24, 30});
    ledger.AdvanceTo(1);
    return ledger;
  }

  std::vector<double> Allocation(bandit::Policy policy) const {
    const OutcomeLedger known = Known();
    std::vector<bandit::ArmState> arms(3);
    for (size_t arm = 0; arm < arms.size(); ++arm) {
      arms[arm].exposures = known.exposures()[arm];
      arms[arm].posterior = known.posteriors()[arm];
      if (!scenario_.weights.empty()) arms[arm].weight = scenario_.weights[arm];
    }
    const bandit::DrawVersion version =
        bandit::FreezeVersion({.policy = policy,
                               .floor = scenario_.floor,
                               .burn_in_exposures = scenario_.burn_in_exposures},
                              arms);
    std::vector<double> allocation;
    for (const bandit::DrawArm& arm : version.arms) allocation.push_back(arm.allocation);
    return allocation;
  }

  // Of `rounds` intervals of `visitors`.
  std::vector<uint64_t> Served(int rounds, uint64_t visitors) const {
    const OutcomeLedger known = Known();
    const std::unique_ptr<VisitorSplit> split = MakeVisitorSplit(scenario_);
    bandit::RandomStream stream = MakeRunStream(kSeed, 1, kChoiceStream);
    std::vector<uint64_t> served(3, 0);
    std::vector<uint64_t> by_arm;
    for (int round = 0; round < rounds; ++round) {
      split->Split(known, visitors, stream, by_arm);
      EXPECT_EQ(std::accumulate(by_arm.begin(), by_arm.end(), uint64_t{0}), visitors);
      for (size_t arm = 0; arm < served.size(); ++arm) served[arm] += by_arm[arm];
    }
    return served;
  }

  // Error rate: bandit::kErrorRate.
  void ExpectShares(const std::vector<uint64_t>& served, const std::vector<double>& shares) {
    EXPECT_GT(bandit::ChiSquarePValue(served, shares), bandit::kErrorRate) << "seed " << kSeed;
  }

  Scenario scenario_;
};

TEST_F(VisitorSplitTest, BothEnginesServeByTheAllocationOfTheProduct) {
  for (const double floor : {0.0, 0.05}) {
    scenario_.floor = floor;
    const std::vector<double> shares = Allocation(bandit::Policy::kThompson);
    scenario_.engine = Engine::kPerVisitor;
    ExpectShares(Served(1, 100'000), shares);
    scenario_.engine = Engine::kBatched;
    ExpectShares(Served(50, 2'000), shares);
    scenario_.engine = Engine::kAutomatic;
    ExpectShares(Served(200, 500), shares);
    ExpectShares(Served(50, 501), shares);
  }
}

TEST_F(VisitorSplitTest, TopTwoAndFixedServeByTheAllocationOfTheProduct) {
  scenario_.policy = SimulatedPolicy::kTopTwoThompson;
  ExpectShares(Served(50, 2'000), Allocation(bandit::Policy::kTopTwoThompson));
  scenario_.policy = SimulatedPolicy::kFixed;
  scenario_.weights = {3, 1, 2};
  ExpectShares(Served(50, 2'000), Allocation(bandit::Policy::kFixed));
}

TEST_F(VisitorSplitTest, BurnInServesEqually) {
  for (const Engine engine : {Engine::kPerVisitor, Engine::kBatched, Engine::kSampled}) {
    scenario_.engine = engine;
    scenario_.burn_in_exposures = 201;
    ExpectShares(Served(20, 3'000), {1.0 / 3, 1.0 / 3, 1.0 / 3});
  }
}

// The mean share of intervals that are estimated anew each time: a z-test with an error rate of
// 1e-6 an arm.
TEST_F(VisitorSplitTest, SampledSharesHaveNoBias) {
  scenario_.engine = Engine::kSampled;
  scenario_.floor = 0.02;
  const std::vector<double> shares = Allocation(bandit::Policy::kThompson);
  const double rounds = 2'000;
  const std::vector<uint64_t> served = Served(static_cast<int>(rounds), 1'000);
  for (size_t arm = 0; arm < shares.size(); ++arm) {
    const double variance =
        shares[arm] * (1 - shares[arm]) * (1.0 / static_cast<double>(SampledDraws(3)) + 1e-3);
    EXPECT_NEAR(static_cast<double>(served[arm]) / (rounds * 1'000), shares[arm],
                4.9 * std::sqrt(variance / rounds))
        << "arm " << arm << ", seed " << kSeed;
  }
}

TEST_F(VisitorSplitTest, UniformServesEquallyAndUcb1OneArm) {
  scenario_.policy = SimulatedPolicy::kUniform;
  ExpectShares(Served(20, 3'000), {1.0 / 3, 1.0 / 3, 1.0 / 3});
  scenario_.policy = SimulatedPolicy::kUcb1;
  EXPECT_EQ(Served(1, 10), (std::vector<uint64_t>{0, 0, 10}));
}

}  // namespace
}  // namespace mab::simulation
