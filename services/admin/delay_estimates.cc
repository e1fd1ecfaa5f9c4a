#include "admin/delay_estimates.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "admin/draw_input.h"
#include "common/status_macros.h"
#include "storage/rollup_store.h"

namespace mab::admin {

absl::StatusOr<std::shared_ptr<const bandit::DelayDistribution>> DelayEstimates::Get(
    PgConnection& db, const storage::Experiment& experiment, absl::Time now) {
  constexpr double kShareOfAge = 0.1;
  const absl::Duration age_max =
      std::min(options_.age_max, kShareOfAge * (now - experiment.start_time.value_or(now)));
  {
    absl::MutexLock lock(&mutex_);
    const auto kept = kept_.find(experiment.id);
    if (kept != kept_.end() && now >= kept->second.at && now - kept->second.at < age_max)
      return kept->second.delays;
  }
  // Without the lock: that two callers estimate the same does no harm.
  MAB_ASSIGN_OR_RETURN(const std::vector<storage::DelayCell> cells,
                       storage::RollupStore::DelayCells(db, {experiment.id}, now,
                                                        storage::DelayGrouping::kAllVariants));
  auto delays = std::make_shared<const bandit::DelayDistribution>(
      DelayDistributionOf(experiment, cells, now));
  absl::MutexLock lock(&mutex_);
  if (kept_.size() >= options_.size_max && !kept_.contains(experiment.id)) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    }));
  }
  kept_[experiment.id] = {.at = now, .delays = delays};
  return delays;
}

}  // namespace mab::admin
