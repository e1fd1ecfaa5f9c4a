#include "simulation/scenario.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "simulation/simulated_time.h"

namespace mab::simulation {
namespace {

constexpr double kDelaysWithinWindowMin = 0.01;

// Some outcomes are waited for.
bool KeepsCohorts(const Scenario& scenario) {
  return scenario.delay.kind != DelayKind::kNone ||
         scenario.pending == PendingTreatment::kWaitForWindow;
}

// NaN is within no range.
bool IsWithin(double value, double min, double max) { return value >= min && value <= max; }

void CheckRates(const Scenario& scenario, Violations& violations) {
  if (scenario.rates.size() < kArmsMin || scenario.rates.size() > kArmsMax) {
    violations.Add("rates", absl::StrCat("must be ", kArmsMin, " to ", kArmsMax, " rates"));
    return;
  }
  for (size_t arm = 0; arm < scenario.rates.size(); ++arm) {
    if (!IsWithin(scenario.rates[arm], 0, 1)) {
      violations.Add(absl::StrCat("rates[", arm, "]"), "must be 0 to 1");
    }
  }
  if (!IsWithin(scenario.swing, 0, 1)) {
    violations.Add("swing", "must be 0 to 1");
  } else if (BestRate(scenario) <= 1 && BestRate(scenario) * (1 + scenario.swing) > 1) {
    violations.Add("swing", "must not lift a rate above 1");
  }
}

void CheckTraffic(const Scenario& scenario, Violations& violations) {
  if (!IsWithin(scenario.visitors_per_day, 1e-3, 1e8)) {
    violations.Add("visitors_per_day", "must be 0.001 to 100,000,000");
  }
  if (!(scenario.days > 0) || scenario.days > 3650) {
    violations.Add("days", "must be above 0 and at most 3,650");
  } else if (scenario.visitors_per_day <= 1e8 &&
             scenario.visitors_per_day * scenario.days > kVisitorsMax) {
    violations.Add("days", "must bring at most 10,000,000,000 visitors");
  }
  if (!IsWithin(scenario.conversion_window_seconds, 1, 31'536'000)) {
    violations.Add("conversion_window_seconds", "must be 1 to 31,536,000");
  }
  CheckDelayModel(scenario.delay, violations);
  if (scenario.delay.kind == DelayKind::kNone || !(scenario.delay.mean_seconds > 0)) return;
  // The delays that are simulated are those within the window: there must be some.
  const double within = DelayedShare(scenario.delay, scenario.conversion_window_seconds);
  if (within < kDelaysWithinWindowMin) {
    violations.Add("delay.mean_seconds",
                   "must let at least a hundredth of the delays be within the window");
  }
}

void CheckConfiguration(const Scenario& scenario, Violations& violations) {
  const double arms = static_cast<double>(scenario.rates.size());
  if (!IsWithin(scenario.floor, 0, 1) || scenario.floor * arms > 1 + 1e-12) {
    violations.Add("floor", "must be 0 to 1 / number of rates");
  }
  if (scenario.burn_in_exposures > 1'000'000) {
    violations.Add("burn_in_exposures", "must be 0 to 1,000,000");
  }
  if (!IsWithin(scenario.prior.alpha, 0.1, 1e6)) {
    violations.Add("prior.alpha", "must be 0.1 to 1,000,000");
  }
  if (!IsWithin(scenario.prior.beta, 0.1, 1e6)) {
    violations.Add("prior.beta", "must be 0.1 to 1,000,000");
  }
  CheckStoppingRule(scenario.stopping, violations);
  if (scenario.weights.empty()) return;
  if (scenario.weights.size() != scenario.rates.size()) {
    violations.Add("weights", "must be as many as rates");
    return;
  }
  double total = 0;
  for (size_t arm = 0; arm < scenario.weights.size(); ++arm) {
    const double weight = scenario.weights[arm];
    if (!IsWithin(weight, 0, 1e6)) {
      violations.Add(absl::StrCat("weights[", arm, "]"), "must be 0 to 1,000,000");
    } else {
      total += weight;
    }
  }
  if (!(total > 0)) violations.Add("weights", "must have one above 0");
}

void CheckResolution(const Scenario& scenario, Violations& violations) {
  if (!IsWithin(scenario.update_seconds, 1e-3, 31'536'000)) {
    violations.Add("update_seconds", "must be 0.001 to 31,536,000");
  } else if (scenario.days * kSecondsPerDay > kIntervalsMax * scenario.update_seconds) {
    violations.Add("update_seconds", "must divide a run into at most 100,000,000 intervals");
  } else if (KeepsCohorts(scenario) &&
             scenario.conversion_window_seconds > kIntervalsInWindowMax * scenario.update_seconds) {
    violations.Add("update_seconds",
                   "must divide the conversion window into at most 10,000 intervals");
  }
  if (!IsWithin(scenario.update_growth, 0, 1)) violations.Add("update_growth", "must be 0 to 1");
  const std::vector<double>& checkpoints = scenario.checkpoints_days;
  if (checkpoints.empty() || checkpoints.size() > 1000) {
    violations.Add("checkpoints_days", "must be 1 to 1,000 times");
  } else if (!std::is_sorted(checkpoints.begin(), checkpoints.end()) || !(checkpoints[0] > 0) ||
             (scenario.days > 0 && checkpoints.back() > scenario.days)) {
    violations.Add("checkpoints_days", "must ascend, from above 0 to at most days");
  }
}

}  // namespace

absl::string_view PolicyName(SimulatedPolicy policy) {
  switch (policy) {
    case SimulatedPolicy::kThompson:
      return "thompson";
    case SimulatedPolicy::kTopTwoThompson:
      return "top-two";
    case SimulatedPolicy::kFixed:
      return "fixed";
    case SimulatedPolicy::kUniform:
      return "uniform";
    case SimulatedPolicy::kUcb1:
      return "ucb1";
  }
  return "unknown";
}

uint64_t SampledDraws(size_t arms) {
  return std::clamp<uint64_t>(2'560 / std::max<size_t>(arms, 1), 64, 256);
}

double DefaultFloor(size_t arms) { return arms > 10 ? 0.1 / static_cast<double>(arms) : 0.01; }

std::vector<double> EqualCheckpoints(double days, size_t count) {
  std::vector<double> checkpoints;
  checkpoints.reserve(count);
  for (size_t i = 1; i <= count; ++i) {
    checkpoints.push_back(i == count ? days
                                     : days * static_cast<double>(i) / static_cast<double>(count));
  }
  return checkpoints;
}

double BestRate(const Scenario& scenario) {
  return *std::max_element(scenario.rates.begin(), scenario.rates.end());
}

void CheckScenario(const Scenario& scenario, Violations& violations) {
  CheckRates(scenario, violations);
  CheckTraffic(scenario, violations);
  CheckConfiguration(scenario, violations);
  CheckResolution(scenario, violations);
}

}  // namespace mab::simulation
