#include <gtest/gtest.h>

#include "simulation/replication.h"
#include "simulation/run_summary.h"

namespace mab::simulation {
namespace {

TEST(DelaysTest, T) {
  for (auto kind : {DelayKind::kExponential, DelayKind::kNone})
    for (auto p : {PendingTreatment::kWeighted, PendingTreatment::kFailure,
                   PendingTreatment::kWaitForWindow}) {
      Scenario s;
      s.rates = {0.05, 0.06};
      s.visitors_per_day = 86400;
      s.days = 20000 / 86400.0;
      s.update_seconds = 50;
      s.delay = {kind, 1000, 1};
      s.conversion_window_seconds = 4000;
      s.pending = p;
      s.checkpoints_days = {s.days};
      s.stopping.look_days = 1;
      auto r = Summarize(s, Replicate(s, 600, 2));
      printf("%d %d regret %.2f +- %.2f bias %.5f %.5f\n", int(kind), int(p), r.regret.mean,
             r.regret.standard_error, r.posterior_bias[0].mean, r.posterior_bias[1].mean);
    }
}

}  // namespace
}  // namespace mab::simulation
