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
std::vector<RunOutcome> Replicate(const Scenario& scenario, uint64_t runs, int threads);

// The same of anything: `run` is called for each index, on several threads at once.
void ForEachRun(uint64_t runs, int threads, const std::function<void(uint64_t run)>& run);

}  // namespace mab::simulation
