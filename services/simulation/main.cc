// mab-simulate: wiring, and nothing else.
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/error.h"
#include "simulation/command_line.h"
#include "simulation/comparison_text.h"
#include "simulation/regret_plot.h"
#include "simulation/replication.h"
#include "simulation/run_summary.h"
#include "simulation/yardsticks.h"

namespace mab::simulation {
namespace {

bool WriteFile(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

int Simulate(const Command& command) {
  std::vector<PolicyResult> results;
  Scenario scenario = command.scenario;
  for (const SimulatedPolicy policy : command.policies) {
    scenario.policy = policy;
    results.push_back(
        {policy, Summarize(scenario, Replicate(scenario, command.runs, command.threads))});
  }
  std::fputs(ComparisonText(scenario, results).c_str(), stdout);
  if (command.plot_path.empty()) return 0;
  if (!WriteFile(command.plot_path, RegretPlot(scenario, results))) {
    std::fprintf(stderr, "mab-simulate: --plot: cannot write %s\n", command.plot_path.c_str());
    return 1;
  }
  return 0;
}

int Yardsticks(const Command& command) {
  YardstickOptions options;
  options.effort = command.effort;
  options.threads = command.threads;
  options.seed = command.scenario.seed;
  options.only = command.only;
  options.on_setting = [](const std::string& setting) {
    std::fprintf(stderr, "%s …\n", setting.c_str());
  };
  const std::vector<YardstickResult> results = RunYardsticks(options);
  if (results.empty()) {
    std::fprintf(stderr, "mab-simulate: --only: no yardstick's name begins with '%s'\n",
                 command.only.c_str());
    return 2;
  }
  std::fputs(YardstickText(results).c_str(), stdout);
  const std::string baselines = BaselineText(RunBaselines(options));
  if (!baselines.empty()) std::printf("\n%s", baselines.c_str());
  const bool agrees =
      std::all_of(results.begin(), results.end(), [](const auto& r) { return r.Agrees(); });
  return agrees ? 0 : 1;
}

int Refuse(const absl::Status& status) {
  for (const FieldViolation& violation : ErrorViolations(status)) {
    std::fprintf(stderr, "mab-simulate: %s %s\n", violation.field.c_str(),
                 violation.description.c_str());
  }
  std::fputs("mab-simulate --help lists the options.\n", stderr);
  return 2;
}

int Run(const std::vector<absl::string_view>& arguments) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const absl::StatusOr<Command> command =
      ParseCommandLine(arguments, std::clamp(cores, 1, kThreadsMax));
  if (!command.ok()) return Refuse(command.status());
  switch (command->kind) {
    case CommandKind::kHelp:
      std::fputs(kCommandHelp, stdout);
      return 0;
    case CommandKind::kVersion:
      std::puts("mab-simulate " MAB_VERSION);
      return 0;
    case CommandKind::kYardsticks:
      return Yardsticks(*command);
    case CommandKind::kSimulate:
      return Simulate(*command);
  }
  return 2;
}

}  // namespace
}  // namespace mab::simulation

int main(int argc, char** argv) {
  return mab::simulation::Run(
      std::vector<absl::string_view>(argv + std::min(argc, 1), argv + argc));
}
