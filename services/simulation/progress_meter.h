// How far a simulation of several policies is, said now and then: on a terminal often, elsewhere
// seldom, and never at once, so that what is quick says nothing.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mab::simulation {

class ProgressMeter {
 public:
  // Of `runs` of each of the policies, one after the other. Times are in seconds since the start.
  ProgressMeter(std::vector<std::string> policies, uint64_t runs, double interval_seconds);

  // Counts a run that is done: "top-two (2 of 4): 250 of 1000 runs", where it is time for a line.
  std::optional<std::string> CountRun(double now_seconds);

 private:
  const std::vector<std::string> policies_;
  const uint64_t runs_;
  const double interval_seconds_;
  std::mutex mutex_;
  uint64_t done_ = 0;
  double next_seconds_;
};

}  // namespace mab::simulation
