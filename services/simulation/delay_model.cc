#include "simulation/delay_model.h"

#include <cmath>

namespace mab::simulation {

double DelayedShare(const DelayModel& model, double seconds) {
  if (seconds < 0) return 0;
  switch (model.kind) {
    case DelayKind::kNone:
      return 1;
    case DelayKind::kExponential:
      return -std::expm1(-seconds / model.mean_seconds);
    case DelayKind::kLogNormal: {
      if (seconds == 0) return 0;
      const double log_median = std::log(model.mean_seconds) - model.sigma * model.sigma / 2;
      return 0.5 * std::erfc((log_median - std::log(seconds)) / (model.sigma * std::sqrt(2.0)));
    }
  }
  return 1;
}

void CheckDelayModel(const DelayModel& model, Violations& violations) {
  if (model.kind == DelayKind::kNone) return;
  if (!(model.mean_seconds > 0) || model.mean_seconds > 31'536'000) {
    violations.Add("delay.mean_seconds", "must be above 0 and at most 31,536,000");
  }
  if (model.kind == DelayKind::kLogNormal && (!(model.sigma > 0) || model.sigma > 5)) {
    violations.Add("delay.sigma", "must be above 0 and at most 5");
  }
}

}  // namespace mab::simulation
