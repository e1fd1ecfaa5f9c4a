#include "simulation/command_line.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "simulation/replication.h"
#include "simulation/simulated_time.h"

namespace mab::simulation {

const char kCommandHelp[] =
    R"(mab-simulate: experiments that have not been run, by the code that would serve them.

  mab-simulate --rates 0.05,0.06 --visitors-per-day 1000 --plot regret.svg

What is true:
  --rates A,B,…            conversion rates, 2 to 100, each 0 to 1 (required)
  --visitors-per-day N     0.001 to 100,000,000 (1000)
  --days N                 how long it may run: above 0, at most 3,650 (30)
  --swing S                day and night: rates times 1 + S sin(2π day), 0 to 1 (0)
  --delay D                from exposure to conversion: none, exponential:MEAN or lognormal:MEAN:SIGMA (none)
  --window T               conversions after it don't count: 1s to 365d (7d)

What is configured:
  --policy P,…             of thompson, top-two, fixed, uniform, ucb1, each once (all but fixed)
  --weights A,B,…          of the policy fixed (equal)
  --floor F                smallest share of a variant, 0 to 1/variants (0.01; 0.1/variants from eleven on)
  --burn-in N              equal shares until each variant has N exposures, 0 to 1,000,000 (0)
  --prior ALPHA,BETA       each 0.1 to 1,000,000 (1,1)
  --pending HOW            exposures that may still convert: weighted, failures, wait (weighted)
  --threshold-of-caring X  of the verdict, in conversion rate: above 0, at most 1 (0.0005)
  --minimum-exposures N    of each variant before a verdict, 0 to 1,000,000,000 (100)
  --look T                 time between looks at the verdict: above 0, at most 365d (1d)
  --stop-at-verdict        end a run at its verdict; else it goes on to --days

How it is simulated:
  --runs N                 2 to 100,000 (1000)
  --seed N                 the same seed gives the same output (1)
  --update T               posteriors are renewed so often: 1ms to 365d (1h)
  --engine E               automatic, per-visitor, batched: the same in distribution (automatic)
  --jobs N                 threads, 1 to 64 (one a core)
  --plot FILE              regret over time as an SVG

  --yardsticks             run published simulations and print their numbers beside ours (five minutes on two cores)
  --only NAME              of --yardsticks: those whose name begins so
  --effort X               of --yardsticks: share of its runs, above 0, at most 10 (1)
  --help, --version

Times are numbers with a unit: 90s, 10m, 1.5h, 7d.
)";

namespace {

// "1.5h", "7d", "90" (seconds), in seconds.
std::optional<double> ParseSeconds(absl::string_view text) {
  double days = 0;
  if (absl::EndsWith(text, "d") && absl::SimpleAtod(text.substr(0, text.size() - 1), &days) &&
      std::isfinite(days)) {
    return days * kSecondsPerDay;
  }
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds) && std::isfinite(seconds)) return seconds;
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration == absl::InfiniteDuration() ||
      duration == -absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return absl::ToDoubleSeconds(duration);
}

// How the fields that CheckScenario names are called here.
std::string OptionOf(absl::string_view field) {
  static const auto* const kOptions = new std::map<std::string, std::string>{
      {"conversion_window_seconds", "--window"},
      {"burn_in_exposures", "--burn-in"},
      {"prior.alpha", "--prior"},
      {"prior.beta", "--prior"},
      {"update_seconds", "--update"},
      {"delay.mean_seconds", "--delay"},
      {"delay.sigma", "--delay"},
      {"stopping.look_days", "--look"},
      {"stopping.minimum_exposures", "--minimum-exposures"},
      {"stopping.threshold_of_caring", "--threshold-of-caring"},
      {"visitors_per_day", "--visitors-per-day"},
  };
  const auto option = kOptions->find(std::string(field));
  return option != kOptions->end() ? option->second : absl::StrCat("--", field);
}

class Parser {
 public:
  explicit Parser(int threads_default) {
    command_.threads = threads_default;
    command_.scenario.stopping.minimum_exposures = 100;
    command_.policies = {SimulatedPolicy::kThompson, SimulatedPolicy::kTopTwoThompson,
                         SimulatedPolicy::kUniform, SimulatedPolicy::kUcb1};
    AddScenarioOptions();
    AddRunOptions();
  }

  absl::StatusOr<Command> Parse(const std::vector<absl::string_view>& arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      absl::string_view name = arguments[i];
      std::optional<absl::string_view> value;
      if (const size_t equals = name.find('='); equals != absl::string_view::npos) {
        value = name.substr(equals + 1);
        name = name.substr(0, equals);
      }
      if (const auto flag = flags_.find(name); flag != flags_.end()) {
        if (value.has_value()) violations_.Add(name, "takes no value");
        flag->second();
      } else if (const auto option = options_.find(name); option == options_.end()) {
        violations_.Add(name, "is no option; --help lists them");
      } else if (value.has_value()) {
        option->second(*value);
      } else if (i + 1 < arguments.size()) {
        option->second(arguments[++i]);
      } else {
        violations_.Add(name, "needs a value");
      }
    }
    return Finish();
  }

 private:
  using Setter = std::function<void(absl::string_view value)>;

  void AddScenarioOptions() {
    Scenario& scenario = command_.scenario;
    options_["--rates"] = [&](auto value) { ReadList("--rates", value, scenario.rates); };
    options_["--weights"] = [&](auto value) { ReadList("--weights", value, scenario.weights); };
    options_["--visitors-per-day"] = [&](auto value) {
      ReadNumber("--visitors-per-day", value, scenario.visitors_per_day);
    };
    options_["--days"] = [&](auto value) { ReadNumber("--days", value, scenario.days); };
    options_["--swing"] = [&](auto value) { ReadNumber("--swing", value, scenario.swing); };
    options_["--delay"] = [&](auto value) { ReadDelay(value); };
    options_["--window"] = [&](auto value) {
      ReadSeconds("--window", value, scenario.conversion_window_seconds);
    };
    options_["--floor"] = [&](auto value) {
      floor_given_ = true;
      ReadNumber("--floor", value, scenario.floor);
    };
    options_["--burn-in"] = [&](auto value) {
      ReadCount("--burn-in", value, scenario.burn_in_exposures);
    };
    options_["--prior"] = [&](auto value) { ReadPrior(value); };
    options_["--pending"] = [&](auto value) { ReadPending(value); };
    options_["--threshold-of-caring"] = [&](auto value) {
      ReadNumber("--threshold-of-caring", value, scenario.stopping.threshold_of_caring);
    };
    options_["--minimum-exposures"] = [&](auto value) {
      ReadCount("--minimum-exposures", value, scenario.stopping.minimum_exposures);
    };
    options_["--look"] = [&](auto value) {
      double seconds = kSecondsPerDay;
      ReadSeconds("--look", value, seconds);
      scenario.stopping.look_days = seconds / kSecondsPerDay;
    };
    flags_["--stop-at-verdict"] = [&] { scenario.stop_at_verdict = true; };
  }

  void AddRunOptions() {
    options_["--policy"] = [&](auto value) { ReadPolicies(value); };
    options_["--runs"] = [&](auto value) {
      ReadCount("--runs", value, command_.runs);
      if (command_.runs < 2 || command_.runs > kRunsMax) {
        violations_.Add("--runs", "must be 2 to 100,000");
      }
    };
    options_["--seed"] = [&](auto value) { ReadCount("--seed", value, command_.scenario.seed); };
    options_["--update"] = [&](auto value) {
      ReadSeconds("--update", value, command_.scenario.update_seconds);
    };
    options_["--engine"] = [&](auto value) { ReadEngine(value); };
    options_["--jobs"] = [&](auto value) {
      uint64_t threads = 1;
      ReadCount("--jobs", value, threads);
      if (threads < 1 || threads > static_cast<uint64_t>(kThreadsMax)) {
        violations_.Add("--jobs", absl::StrCat("must be 1 to ", kThreadsMax));
      } else {
        command_.threads = static_cast<int>(threads);
      }
    };
    options_["--plot"] = [&](auto value) {
      command_.plot_path = std::string(value);
      if (value.empty()) violations_.Add("--plot", "must be the name of a file");
    };
    options_["--only"] = [&](auto value) { command_.only = std::string(value); };
    options_["--effort"] = [&](auto value) {
      ReadNumber("--effort", value, command_.effort);
      if (!(command_.effort > 0) || command_.effort > 10) {
        violations_.Add("--effort", "must be above 0 and at most 10");
      }
    };
    flags_["--yardsticks"] = [&] { command_.kind = CommandKind::kYardsticks; };
    flags_["--help"] = flags_["-h"] = [&] { command_.kind = CommandKind::kHelp; };
    flags_["--version"] = [&] { command_.kind = CommandKind::kVersion; };
  }

  void ReadNumber(absl::string_view option, absl::string_view value, double& number) {
    double read = 0;
    if (!absl::SimpleAtod(value, &read) || !std::isfinite(read)) {
      violations_.Add(option, absl::StrCat("must be a number, not '", value, "'"));
    } else {
      number = read;
    }
  }

  void ReadCount(absl::string_view option, absl::string_view value, uint64_t& count) {
    uint64_t read = 0;
    if (!absl::SimpleAtoi(value, &read)) {
      violations_.Add(option, absl::StrCat("must be a whole number, not '", value, "'"));
    } else {
      count = read;
    }
  }

  void ReadSeconds(absl::string_view option, absl::string_view value, double& seconds) {
    const std::optional<double> read = ParseSeconds(value);
    if (!read.has_value()) {
      violations_.Add(
          option, absl::StrCat("must be a time such as 90s, 10m, 1.5h or 7d, not '", value, "'"));
    } else {
      seconds = *read;
    }
  }

  void ReadList(absl::string_view option, absl::string_view value, std::vector<double>& list) {
    list.clear();
    for (const absl::string_view item : absl::StrSplit(value, ',')) {
      double number = 0;
      ReadNumber(option, item, number);
      list.push_back(number);
    }
  }

  void ReadPrior(absl::string_view value) {
    std::vector<double> prior;
    ReadList("--prior", value, prior);
    if (prior.size() != 2) {
      violations_.Add("--prior", "must be two numbers, ALPHA,BETA");
    } else {
      command_.scenario.prior = {prior[0], prior[1]};
    }
  }

  void ReadDelay(absl::string_view value) {
    const std::vector<absl::string_view> parts = absl::StrSplit(value, ':');
    DelayModel& delay = command_.scenario.delay;
    if (value == "none") {
      delay.kind = DelayKind::kNone;
    } else if (parts[0] == "exponential" && parts.size() == 2) {
      delay.kind = DelayKind::kExponential;
    } else if (parts[0] == "lognormal" && (parts.size() == 2 || parts.size() == 3)) {
      delay.kind = DelayKind::kLogNormal;
      if (parts.size() == 3) ReadNumber("--delay", parts[2], delay.sigma);
    } else {
      violations_.Add("--delay", "must be none, exponential:MEAN or lognormal:MEAN:SIGMA");
      return;
    }
    if (parts.size() > 1) ReadSeconds("--delay", parts[1], delay.mean_seconds);
  }

  void ReadPending(absl::string_view value) {
    PendingTreatment& pending = command_.scenario.pending;
    if (value == "weighted") {
      pending = PendingTreatment::kWeighted;
    } else if (value == "failures") {
      pending = PendingTreatment::kFailure;
    } else if (value == "wait") {
      pending = PendingTreatment::kWaitForWindow;
    } else {
      violations_.Add("--pending", "must be weighted, failures or wait");
    }
  }

  void ReadEngine(absl::string_view value) {
    Engine& engine = command_.scenario.engine;
    if (value == "automatic") {
      engine = Engine::kAutomatic;
    } else if (value == "per-visitor") {
      engine = Engine::kPerVisitor;
    } else if (value == "batched") {
      engine = Engine::kBatched;
    } else {
      violations_.Add("--engine", "must be automatic, per-visitor or batched");
    }
  }

  void ReadPolicies(absl::string_view value) {
    command_.policies.clear();
    for (const absl::string_view name : absl::StrSplit(value, ',')) {
      bool known = false;
      for (const SimulatedPolicy policy :
           {SimulatedPolicy::kThompson, SimulatedPolicy::kTopTwoThompson, SimulatedPolicy::kFixed,
            SimulatedPolicy::kUniform, SimulatedPolicy::kUcb1}) {
        if (name != PolicyName(policy)) continue;
        known = true;
        const auto& policies = command_.policies;
        if (std::find(policies.begin(), policies.end(), policy) != policies.end()) {
          violations_.Add("--policy", absl::StrCat("names ", name, " twice"));
        } else {
          command_.policies.push_back(policy);
        }
      }
      if (!known) {
        violations_.Add("--policy", absl::StrCat("must be of thompson, top-two, fixed, uniform and "
                                                 "ucb1, not '",
                                                 name, "'"));
      }
    }
  }

  absl::StatusOr<Command> Finish() {
    Scenario& scenario = command_.scenario;
    if (command_.kind == CommandKind::kSimulate) {
      if (scenario.rates.empty()) {
        violations_.Add("--rates", "is needed: 2 to 100 conversion rates, such as 0.05,0.06");
      } else {
        if (!floor_given_) scenario.floor = DefaultFloor(scenario.rates.size());
        scenario.checkpoints_days = EqualCheckpoints(scenario.days > 0 ? scenario.days : 1, 100);
        Violations of_scenario;
        CheckScenario(scenario, of_scenario);
        for (const FieldViolation& violation : ErrorViolations(of_scenario.ToStatus())) {
          violations_.Add(OptionOf(violation.field), violation.description);
        }
      }
    }
    if (command_.kind == CommandKind::kSimulate || command_.kind == CommandKind::kYardsticks) {
      const absl::Status status = violations_.ToStatus();
      if (!status.ok()) return status;
    }
    return std::move(command_);
  }

  Command command_;
  bool floor_given_ = false;
  std::map<absl::string_view, Setter> options_;
  std::map<absl::string_view, std::function<void()>> flags_;
  Violations violations_;
};

}  // namespace

absl::StatusOr<Command> ParseCommandLine(const std::vector<absl::string_view>& arguments,
                                         int threads_default) {
  return Parser(threads_default).Parse(arguments);
}

}  // namespace mab::simulation
