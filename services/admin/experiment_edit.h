// From what a caller asks to be set to the experiment as it will be.
//
// Variants. A new experiment gets the list that is given, in that order. An update merges it: an
// entry changes the variant with its key, or is appended with a new key, and the others stay as
// they are; remove_variants are taken out then. (After the start neither is allowed.)
//
// Control. The one that says so; else the one that was; else the first.
//
// Ids of new variants are nil here, and an experiment's key is empty where none is given: whoever
// stores it has the randomness and knows which keys are taken.
//
// Thread safety: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "admin/experiment_change.h"
#include "storage/experiment.h"

namespace mab::admin {

// A draft with defaults for what is not given. INVALID_ARGUMENT with every violation.
absl::StatusOr<storage::Experiment> NewExperiment(const ExperimentChange& change);

// `before` with what `change` names. INVALID_ARGUMENT with every violation; FAILED_PRECONDITION
// where the state does not allow it.
absl::StatusOr<storage::Experiment> ApplyChange(const storage::Experiment& before,
                                                const ExperimentChange& change);

}  // namespace mab::admin
