#include "simulation/forecast.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

namespace mab::simulation {
namespace {
TEST(Forecast, Times) {
  struct C {
    size_t k;
    double n, d, delay, lo, hi;
    bandit::Policy p = bandit::Policy::kThompson;
  };
  for (C c :
       {C{2, 1000, 90, 0, .05, .06}, C{2, 1e8, 90, 0, .05, .05001}, C{2, 1e7, 365, 0, .05, .0501},
        C{2, 1, 365, 0, .05, .06}, C{2, 1e5, 365, 3e6, .3, .301}, C{10, 1e4, 90, 0, .05, .06},
        C{10, 2e7, 365, 86400, .05, .0501}, C{100, 1e4, 90, 0, .05, .06},
        C{100, 2e7, 365, 0, .05, .0502}, C{100, 2e7, 365, 86400, .3, .3002},
        C{100, 1e3, 365, 0, .3, .3002},
        C{100, 2e7, 365, 86400, .3, .3002, bandit::Policy::kTopTwoThompson},
        C{100, 2e7, 365, 86400, .3, .3002, bandit::Policy::kFixed},
        C{100, 2e7, 365, 0, 1e-6, 1e-4}}) {
    ForecastInput in;
    for (size_t i = 0; i < c.k; ++i) in.rates.push_back(c.lo + (c.hi - c.lo) * i / (c.k - 1));
    in.visitors_per_day = c.n;
    in.maximum_days = c.d;
    in.mean_delay_seconds = c.delay;
    in.policy = c.p;
    if (c.n * c.d > 1e10) in.maximum_days = 1e10 / c.n;
    if (c.delay > 1e6) in.conversion_window_seconds = 31e6;
    in.threshold_of_caring = 1e-5;
    auto c0 = clock();
    auto t = std::chrono::steady_clock::now();
    auto f = MakeForecast(in, {});
    double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count();
    c0 = (clock() - c0) / 1000;
    printf("cpu %ld ms ", long(c0));
    if (!f.ok()) {
      printf("%s\n", f.status().ToString().c_str());
      continue;
    }
    printf(
        "K=%zu n=%g d=%g delay=%g: %.2fs runs %lu days %.1f %.1f %.1f decided %.2f right %.2f "
        "wrong %.2f gain %.0f±%.0f\n",
        c.k, c.n, in.maximum_days, c.delay, s, f->runs, f->days_p10.value_or(-1),
        f->days_p50.value_or(-1), f->days_p90.value_or(-1), f->share_decided, f->share_right,
        f->share_wrong, f->gain.mean, f->gain.standard_error);
  }
}
}  // namespace
}  // namespace mab::simulation
