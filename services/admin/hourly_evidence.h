// An experiment hour by hour of exposure, for what needs time: strata, the sample ratio, jumps of
// the rate, the gain.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "bandit/delay_distribution.h"
#include "storage/rollup_store.h"

namespace mab::admin {

// One hour; by variant index, all of one length.
struct HourlyEvidence {
  absl::Time start;
  std::vector<double> exposures;
  // The versions' allocations of the hour's exposures, summed: 0 for a variant that none of them
  // could serve.
  std::vector<double> expected;
  // Credited, at most as many as exposures.
  std::vector<double> conversions;
  // conversions + G(age) of each of the others.
  std::vector<double> trials;
};

// In time order, without hours in which nothing was exposed. `cells` are one experiment's, by hour,
// `variants` how many it has.
std::vector<HourlyEvidence> HourlyEvidenceOf(const std::vector<storage::TotalsCell>& cells,
                                             const bandit::DelayDistribution& delays,
                                             size_t variants, absl::Time now);

}  // namespace mab::admin
