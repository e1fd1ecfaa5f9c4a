// The arguments of mab-simulate.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "simulation/scenario.h"

namespace mab::simulation {

enum class CommandKind { kSimulate, kYardsticks, kHelp, kVersion };

struct Command {
  CommandKind kind = CommandKind::kSimulate;
  // All but the policy, with 100 checkpoints.
  Scenario scenario;
  std::vector<SimulatedPolicy> policies;
  uint64_t runs = 1'000;
  int threads = 1;
  // Where the plot goes; empty: nowhere.
  std::string plot_path;
  // Of --yardsticks: which, by the beginning of their names; empty: all.
  std::string only;
  // Of --yardsticks: a share of the runs, above 0, at most 10.
  double effort = 1;
};

// What each option is called, means, and may be.
extern const char kCommandHelp[];

// INVALID_ARGUMENT with all that is wrong, each under the option's name with its limits.
// `threads_default` is 1 to kThreadsMax.
absl::StatusOr<Command> ParseCommandLine(const std::vector<absl::string_view>& arguments,
                                         int threads_default);

}  // namespace mab::simulation
