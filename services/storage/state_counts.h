// How many experiments are in each state.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/postgres.h"
#include "storage/experiment.h"

namespace mab::storage {

// A state that no experiment is in is not there.
using StateCounts = absl::flat_hash_map<ExperimentState, uint64_t>;

// One statement in the caller's transaction.
absl::StatusOr<StateCounts> CountStates(PgConnection& db);

}  // namespace mab::storage
