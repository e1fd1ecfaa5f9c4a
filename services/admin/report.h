// What an experiment has learned: rates, posteriors and exact posterior quantities, from the totals
// as they are now.
//
// Thread safety: a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "bandit/credible_interval.h"
#include "bandit/draw_version.h"
#include "storage/experiment.h"
#include "storage/totals_store.h"

namespace mab::admin {

// The probability mass of every credible interval.
inline constexpr double kCredibleLevel = 0.95;

struct VariantReport {
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  double rate = 0;  // conversions / exposures; 0 where there are none
  bandit::Posterior posterior;
  double mean = 0;  // of the posterior
  bandit::Interval credible_interval;
  // P(its rate is the highest of the variants that can be served); 0 for a disabled variant.
  double probability_best = 0;
  // E[max_j θ_j − θ_this] over the variants that can be served and this one, in conversion rate.
  double expected_loss = 0;
  // The share of new users at the experiment's version; 0 for a disabled variant.
  double allocation = 0;
};

struct Report {
  // 0: none was published yet; then the allocation is what one of these counts would have.
  uint64_t version = 0;
  absl::Time as_of;
  uint64_t exposures = 0;
  uint64_t conversions = 0;
  // By variant index.
  std::vector<VariantReport> variants;
};

// `totals` are the experiment's; `version` is its current one, null where there is none.
// REQUIRES: 2 to 100 variants, at least one of them not disabled.
Report MakeReport(const storage::Experiment& experiment,
                  const std::vector<storage::VariantTotals>& totals,
                  const bandit::DrawVersion* version, absl::Time as_of);

}  // namespace mab::admin
