// mab-simulate: wiring, and nothing else.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/error.h"
#include "simulation/command_line.h"
#include "simulation/comparison_text.h"
#include "simulation/progress_meter.h"
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

// Makes the file where there is none, and leaves another as it is.
bool IsWritable(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "a");
  return file != nullptr && std::fclose(file) == 0;
}

int RefusePlot(const std::string& path) {
  std::fprintf(stderr, "mab-simulate: --plot: cannot write %s: %s\n", path.c_str(),
               std::strerror(errno));
  return 2;
}

// Says on standard error how far the runs are; a terminal has one line that changes.
class Progress {
 public:
  explicit Progress(const Command& command) : meter_(Names(command), command.runs, Interval()) {}
  ~Progress() {
    if (is_terminal_) std::fputs("\r\033[K", stderr);
  }

  void CountRun() {
    const std::chrono::duration<double> past = std::chrono::steady_clock::now() - start_;
    const std::optional<std::string> line = meter_.CountRun(past.count());
    if (!line.has_value()) return;
    std::fprintf(stderr, is_terminal_ ? "\r\033[K%s" : "%s\n", line->c_str());
  }

 private:
  static std::vector<std::string> Names(const Command& command) {
    std::vector<std::string> names;
    for (const SimulatedPolicy policy : command.policies) names.emplace_back(PolicyName(policy));
    return names;
  }
  double Interval() const { return is_terminal_ ? 0.2 : 5; }

  const bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressMeter meter_;
};

std::vector<PolicyResult> RunPolicies(const Command& command) {
  Progress progress(command);
  std::vector<PolicyResult> results;
  Scenario scenario = command.scenario;
  for (const SimulatedPolicy policy : command.policies) {
    scenario.policy = policy;
    results.push_back(
        {policy, Summarize(scenario, Replicate(scenario, command.runs, command.threads,
                                               [&progress] { progress.CountRun(); }))});
  }
  return results;
}

int Simulate(const Command& command) {
  if (!command.plot_path.empty() && !IsWritable(command.plot_path)) {
    return RefusePlot(command.plot_path);
  }
  const std::vector<PolicyResult> results = RunPolicies(command);
  std::fputs(ComparisonText(command.scenario, results).c_str(), stdout);
  if (command.plot_path.empty()) return 0;
  if (!WriteFile(command.plot_path, RegretPlot(command.scenario, results))) {
    return RefusePlot(command.plot_path);
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
