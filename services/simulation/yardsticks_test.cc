#include <gtest/gtest.h>

#include "simulation/replication.h"
#include "simulation/run_summary.h"

namespace mab::simulation {
namespace {

Scenario PerVisitor(std::vector<double> rates, double visitors) {
  Scenario scenario;
  scenario.rates = std::move(rates);
  scenario.visitors_per_day = 86'400;
  scenario.update_seconds = 1;
  scenario.days = visitors / 86'400;
  scenario.stopping.look_days = 365;
  scenario.checkpoints_days = {scenario.days};
  scenario.engine = Engine::kPerVisitor;
  return scenario;
}

TEST(YardsticksTest, Russo) {
  const Scenario scenario = PerVisitor({0.9, 0.8, 0.7}, 1000);
  const RunSummary s = Summarize(scenario, Replicate(scenario, 20000, 2));
  printf("russo %.3f +- %.3f\n", s.regret.mean, s.regret.standard_error);
  for (auto& b : s.sample_bias) printf("  bias %.4f +- %.4f\n", b.mean, b.standard_error);
}
TEST(YardsticksTest, Kaufmann) {
  Scenario scenario = PerVisitor({0.2, 0.25}, 10000);
  RunSummary s = Summarize(scenario, Replicate(scenario, 2000, 2));
  printf("kaufmann %.3f +- %.3f\n", s.regret.mean, s.regret.standard_error);
  scenario.engine = Engine::kBatched;
  scenario.update_seconds = 100;
  s = Summarize(scenario, Replicate(scenario, 500, 2));
  printf("kaufmann batched %.3f +- %.3f\n", s.regret.mean, s.regret.standard_error);
  scenario.policy = SimulatedPolicy::kUcb1;
  scenario.update_seconds = 1;
  s = Summarize(scenario, Replicate(scenario, 500, 2));
  printf("kaufmann ucb %.3f +- %.3f\n", s.regret.mean, s.regret.standard_error);
}

}  // namespace
}  // namespace mab::simulation
