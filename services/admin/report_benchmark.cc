// What a report costs once its rollups are read: three months of hours with a day and a night.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "admin/report.h"
#include "admin/testing/test_experiment.h"

namespace mab::admin {
namespace {

constexpr int kHours = 90 * 24;
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

ReportInput InputOf(size_t variants) {
  ReportInput input;
  input.experiment = MakeTestExperiment("hero", variants, kNow - absl::Hours(kHours));
  input.now = kNow;
  input.delays = bandit::DelayDistribution::Estimate({{1e6, 90, 1000}, {1e6, 120, 1000}}, 604'800);
  for (size_t k = 0; k < variants; ++k) {
    uint64_t exposures_of_all = 0;
    uint64_t conversions_of_all = 0;
    for (int hour = kHours; hour > 0; --hour) {
      const uint64_t exposures = 100 + (static_cast<uint64_t>(hour) * (k + 3)) % 200;
      const uint64_t conversions = exposures * (hour % 24 < 12 ? 3 : 7) / 100;
      exposures_of_all += exposures;
      conversions_of_all += conversions;
      input.hours.push_back({.start = kNow - absl::Hours(hour),
                             .variant_index = k,
                             .exposures = exposures,
                             .expected_exposures = static_cast<double>(exposures),
                             .conversions = conversions});
    }
    input.ages.push_back({.experiment_id = input.experiment.id,
                          .variant_index = k,
                          .age_bucket = std::nullopt,
                          .exposures = exposures_of_all,
                          .conversions = conversions_of_all,
                          .mean_age_seconds = 1e6});
    input.matured.push_back(
        {.variant_index = k, .exposures = exposures_of_all, .conversions = conversions_of_all});
  }
  std::stable_sort(input.hours.begin(), input.hours.end(),
                   [](const auto& a, const auto& b) { return a.start < b.start; });
  return input;
}

void BM_MakeReport(benchmark::State& state) {
  const ReportInput input = InputOf(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(MakeReport(input));
}
BENCHMARK(BM_MakeReport)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

void BM_MakeReportForASummary(benchmark::State& state) {
  const ReportInput input = InputOf(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakeReport(input, ReportParts::kForSummary));
  }
}
BENCHMARK(BM_MakeReportForASummary)->Arg(2)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

// Half of the variants are disabled.
void BM_MakeReportOfDisabledVariants(benchmark::State& state) {
  ReportInput input = InputOf(static_cast<size_t>(state.range(0)));
  for (size_t i = 1; i < input.experiment.variants.size(); i += 2) {
    input.experiment.variants[i].disabled = true;
  }
  for (auto _ : state) benchmark::DoNotOptimize(MakeReport(input));
}
BENCHMARK(BM_MakeReportOfDisabledVariants)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mab::admin
