// Whether an experiment needs a new version, and which.
//
// Thread safety: a pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bandit/draw_version.h"
#include "bandit/freeze_version.h"
#include "storage/experiment.h"

namespace mab::admin {

// The version that replaces `current` (null: there is none yet), or nullopt where `current` still
// holds. Its number is `now_ms`, or one more than the greatest of `current` and `last_number` where
// that is greater: numbers grow whatever the clock does. `last_number` is the last one that the
// caller has heard of; a restored database may have forgotten it. REQUIRES: at least one of the
// arms is enabled.
std::optional<bandit::DrawVersion> NextVersion(const storage::Experiment& experiment,
                                               const std::vector<bandit::ArmState>& arms,
                                               const bandit::DrawVersion* current,
                                               uint64_t last_number, uint64_t now_ms);

}  // namespace mab::admin
