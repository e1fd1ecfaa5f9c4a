// The course of an experiment's exposures in few points, for a list of experiments: the sums of the
// rows that its timeline has at the same step.
//
// Thread safety: value types and pure functions of what they are given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres.h"
#include "storage/experiment.h"
#include "storage/rollup_store.h"

namespace mab::admin {

struct Traffic {
  // Of the first step; nullopt where there is none: a draft.
  std::optional<absl::Time> start;
  // As a timeline's; empty for a draft.
  std::string step;
  // Of all variants, step by step, from the start to the end or to now.
  std::vector<uint64_t> exposures;
};

// In the caller's transaction. `hours` are all of the experiment's (RollupStore::Hours). The
// shortest step that gives at most kTrafficPointsMax points; where the longest gives more, the
// newest of them.
absl::StatusOr<Traffic> ReadTraffic(PgConnection& db, const storage::Experiment& experiment,
                                    const std::vector<storage::TotalsCell>& hours, absl::Time now);

}  // namespace mab::admin
