#include "simulation/replication.h"

#include <atomic>
#include <cstddef>
#include <thread>

namespace mab::simulation {

void ForEachRun(uint64_t runs, int threads, const std::function<void(uint64_t run)>& run) {
  std::atomic<uint64_t> next{0};
  const auto work = [&] {
    for (uint64_t i = next.fetch_add(1); i < runs; i = next.fetch_add(1)) run(i);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
}

std::vector<RunOutcome> Replicate(const Scenario& scenario, uint64_t runs, int threads,
                                  const std::function<void()>& on_run) {
  std::vector<RunOutcome> outcomes(runs);
  ForEachRun(runs, threads, [&](uint64_t run) {
    outcomes[run] = RunExperiment(scenario, run);
    if (on_run) on_run();
  });
  return outcomes;
}

}  // namespace mab::simulation
