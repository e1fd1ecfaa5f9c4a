// Many runs of one scenario, and what they say together.
//
// Thread safety: thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "simulation/experiment_run.h"
#include "simulation/scenario.h"

namespace mab::simulation {

inline constexpr uint64_t kRunsMax = 100'000;
inline constexpr int kThreadsMax = 64;

// Runs 0 to runs − 1, in this order whatever the number of threads. `threads` is 1 to kThreadsMax.
// `on_run` is called after each run, on its thread; may be empty.
std::vector<RunOutcome> Replicate(const Scenario& scenario, uint64_t runs, int threads,
                                  const std::function<void()>& on_run = {});

// The same of anything: `run` is called for each index, on several threads at once.
void ForEachRun(uint64_t runs, int threads, const std::function<void(uint64_t run)>& run);

}  // namespace mab::simulation
