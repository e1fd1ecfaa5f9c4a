// Published simulations, run again with the code of the product: what they found beside what we
// find. All have the prior Beta(1, 1), no floor, and a draw for each visitor.
//
// - Kaufmann, Korda, Munos: "Thompson sampling: an asymptotically optimal finite-time analysis"
//   (2012)
// - Russo, Van Roy, Kazerouni, Osband, Wen: "A tutorial on Thompson sampling" (2018)
// - Chapelle, Li: "An empirical evaluation of Thompson sampling" (2011), figure 1, and table 1
//   (restless_bandit.h)
// - Scott: "Multi-armed bandit experiments in the online service economy" (2015), the example of
//   Google Analytics
//
// For batches, biases and pending exposures the numbers are those of independent simulations.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "simulation/run_summary.h"

namespace mab::simulation {

struct YardstickOptions {
  // Multiplies the number of runs of each setting, of which at least four are made. 1: the standard
  // errors are those of the published numbers or less; about five minutes on two cores.
  double effort = 1;
  int threads = 1;
  uint64_t seed = 1;
  // Called with the name of each setting before it is run; may be empty.
  std::function<void(const std::string& setting)> on_setting;
  // Only settings whose name begins so; empty: all.
  std::string only;
};

struct YardstickResult {
  std::string setting;
  std::string quantity;
  double published = 0;
  // How far the published number may be from the truth: its standard error where it is known, else
  // what its digits and its number of runs suggest. In the number's unit.
  double published_error = 0;
  Estimate ours;
  size_t runs = 0;

  // Within three standard errors of the difference.
  bool Agrees() const;
};

// In the order of the list above.
std::vector<YardstickResult> RunYardsticks(const YardstickOptions& options);

std::string YardstickText(const std::vector<YardstickResult>& results);

// Thompson sampling against equal shares and UCB1 on the same settings: expected conversions lost.
struct BaselineResult {
  std::string setting;
  Estimate thompson;
  double uniform = 0;  // exact
  Estimate ucb1;
};
std::vector<BaselineResult> RunBaselines(const YardstickOptions& options);
// Empty where there are no results.
std::string BaselineText(const std::vector<BaselineResult>& results);

}  // namespace mab::simulation
