// Experiments as JSON text, for the audit log: every field that a caller sees, named as in the API.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "storage/experiment.h"

namespace mab::admin {

std::string ExperimentToJson(const storage::Experiment& experiment);

struct ExperimentSides {
  std::string before;
  std::string after;
};
// Payloads may be most of an experiment, and the log only grows: one of more than
// kUnchangedPayloadBytesMax bytes that a variant has before and after is, on both sides,
//   "payload_unchanged": {"bytes": N, "sha256": "<of its JSON text>"}
// in place of `payload`. When it came into the experiment it is in the entry of that change.
ExperimentSides ExperimentChangeToJson(const storage::Experiment& before,
                                       const storage::Experiment& after);

// Shorter ones are kept: what would stand in their place is as long.
inline constexpr size_t kUnchangedPayloadBytesMax = 128;

}  // namespace mab::admin
