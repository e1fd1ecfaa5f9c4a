// From the tables to what the mathematics takes. Used by the refresher and by reports, so that both
// count alike.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "bandit/delay_distribution.h"
#include "bandit/freeze_version.h"
#include "storage/experiment.h"
#include "storage/rollup_store.h"

namespace mab::admin {

// What is known of one variant.
struct ArmEvidence {
  uint64_t exposures = 0;
  // Credited, at most as many as exposures.
  uint64_t conversions = 0;
  // Exposures that are younger than the conversion window and have not converted.
  uint64_t pending = 0;
  // conversions + Σ G(age) over the exposures that have not converted: each counts as the share of
  // conversions that comes by its age. At most `exposures`.
  double trials = 0;
  bandit::Posterior posterior;
};

bandit::DrawConfiguration DrawConfigurationOf(const storage::Experiment& experiment);

// `cells` are this experiment's, of all its variants.
bandit::DelayDistribution DelayDistributionOf(const storage::Experiment& experiment,
                                              const std::vector<storage::DelayCell>& cells,
                                              absl::Time now);

// By variant index. `ages` are this experiment's; a variant without a row has counted nothing.
std::vector<ArmEvidence> ArmEvidenceOf(const storage::Experiment& experiment,
                                       const std::vector<storage::ArmAge>& ages,
                                       const bandit::DelayDistribution& delays);

// By variant index. `evidence` is by variant index too.
std::vector<bandit::ArmState> ArmStatesOf(const storage::Experiment& experiment,
                                          const std::vector<ArmEvidence>& evidence);

}  // namespace mab::admin
