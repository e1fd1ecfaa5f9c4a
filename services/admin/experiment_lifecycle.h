// The life of an experiment: DRAFT -> RUNNING <-> PAUSED -> COMPLETED -> ARCHIVED, and what an
// update may change in each state:
//
//   DRAFT            everything but the key
//   RUNNING, PAUSED  name, description, policy, floor, burn_in_exposures, traffic_share,
//                    threshold_of_caring, minimum_exposures, allowed_origins; names, payloads
//                    and weights of variants
//   COMPLETED        name, description, allowed_origins
//   ARCHIVED         nothing
//
// Prior and conversion window stand from the start on: what has been counted was counted by them,
// and a sum of conversions credited by two rules means nothing.
//
// Errors: FAILED_PRECONDITION with a sentence that says the state and what is allowed in it.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/experiment.h"

namespace mab::admin {

enum class LifecycleAction { kStart, kPause, kResume, kComplete, kArchive, kDisableVariant };

// "start", "pause", "resume", "complete", "archive", "disable_variant".
absl::string_view ActionName(LifecycleAction action);

struct Transition {
  LifecycleAction action = LifecycleAction::kStart;
  // kComplete: the winner; kDisableVariant: which; empty otherwise.
  std::string variant_key;
};

// Takes the step, or leaves the experiment as it is. `now` becomes the start's or the end's time.
// kComplete: INVALID_ARGUMENT naming `winner` where it is no variant's key. kDisableVariant:
// VARIANT_NOT_FOUND.
absl::Status Apply(const Transition& transition, absl::Time now, storage::Experiment& experiment);

// Only a draft can be deleted.
absl::Status CheckDeleteAllowed(const storage::Experiment& experiment);

// Whether the state allows to make `after` of `before`. What is the same in both is no change.
absl::Status CheckUpdateAllowed(const storage::Experiment& before,
                                const storage::Experiment& after);

}  // namespace mab::admin
