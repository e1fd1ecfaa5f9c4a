#include "admin/hourly_evidence.h"

#include <algorithm>
#include <numeric>

namespace mab::admin {
namespace {

// The mean of G over exposures that are spread evenly over the hour, as far as it has run.
double CompletedShareOfHour(const bandit::DelayDistribution& delays, absl::Time start,
                            absl::Time now) {
  constexpr int kPoints = 8;
  const absl::Time end = std::max(start, std::min(now, start + absl::Hours(1)));
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) {
    const absl::Time at = start + (end - start) * ((i + 0.5) / kPoints);
    sum += delays.CompletedShare(absl::ToDoubleSeconds(now - at));
  }
  return sum / kPoints;
}

}  // namespace

std::vector<HourlyEvidence> HourlyEvidenceOf(const std::vector<storage::TotalsCell>& cells,
                                             const bandit::DelayDistribution& delays,
                                             size_t variants, absl::Time now) {
  std::vector<HourlyEvidence> hours;
  double completed = 1;
  for (const storage::TotalsCell& cell : cells) {
    if (cell.variant_index >= variants) continue;  // of a variant that a draft no longer has
    if (hours.empty() || hours.back().start != cell.start) {
      const std::vector<double> nothing(variants, 0.0);
      hours.push_back({.start = cell.start,
                       .exposures = nothing,
                       .expected = nothing,
                       .conversions = nothing,
                       .trials = nothing});
      completed = CompletedShareOfHour(delays, cell.start, now);
    }
    HourlyEvidence& hour = hours.back();
    const double exposures = static_cast<double>(cell.exposures);
    const double conversions = std::min(static_cast<double>(cell.conversions), exposures);
    hour.exposures[cell.variant_index] = exposures;
    hour.expected[cell.variant_index] = cell.expected_exposures;
    hour.conversions[cell.variant_index] = conversions;
    hour.trials[cell.variant_index] = conversions + completed * (exposures - conversions);
  }
  std::erase_if(hours, [](const HourlyEvidence& hour) {
    return std::accumulate(hour.exposures.begin(), hour.exposures.end(), 0.0) <= 0;
  });
  return hours;
}

}  // namespace mab::admin
