// From the tables to what the mathematics takes. Used by the refresher and by reports, so that both
// count alike.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "bandit/freeze_version.h"
#include "storage/experiment.h"
#include "storage/totals_store.h"

namespace mab::admin {

bandit::DrawConfiguration DrawConfigurationOf(const storage::Experiment& experiment);

// By variant index. `totals` are this experiment's; a variant without a row has counted nothing.
std::vector<bandit::ArmState> ArmStatesOf(const storage::Experiment& experiment,
                                          const std::vector<storage::VariantTotals>& totals);

}  // namespace mab::admin
