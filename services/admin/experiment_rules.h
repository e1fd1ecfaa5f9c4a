// What an experiment may be: the limits of each field, and what must hold between fields. Every
// rule reports every violation, under the path of the field as the client wrote it
// ("variants[1].key", "prior.alpha").
//
// The limits are those of the comments in proto/mab/v1/experiment.proto.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "admin/experiment_change.h"
#include "common/error.h"
#include "storage/experiment.h"

namespace mab::admin {

inline constexpr size_t kVariantsMin = 2;
inline constexpr size_t kVariantsMax = 100;
inline constexpr size_t kNameCharactersMax = 200;
inline constexpr size_t kDescriptionCharactersMax = 4000;
inline constexpr size_t kPayloadBytesMax = 16 * 1024;
inline constexpr uint32_t kBurnInExposuresMax = 1'000'000;
inline constexpr double kPriorMin = 0.1;
inline constexpr double kPriorMax = 1e6;
inline constexpr uint32_t kConversionWindowSecondsMax = 31'536'000;
inline constexpr double kWeightMax = 1e6;
inline constexpr uint32_t kMinimumExposuresMax = 1'000'000'000;
inline constexpr size_t kAllowedOriginsMax = 20;

inline constexpr double kTrafficShareDefault = 1;
inline constexpr bandit::Posterior kPriorDefault = {1, 1};
inline constexpr uint32_t kConversionWindowSecondsDefault = 604'800;
inline constexpr double kThresholdOfCaringDefault = 0.0005;
inline constexpr uint32_t kMinimumExposuresDefault = 100;
// 0.01; for more than ten variants 0.1 / number of variants.
double DefaultFloor(size_t variants);

// The limits of each value that is given.
void CheckValues(const ExperimentChange& change, Violations& violations);

// What must hold between the fields of an experiment whose values are each within their limits: the
// number of variants, unique keys, one control, floor × variants <= 1, and under FIXED a weight to
// go by. Paths are positions in `experiment.variants`.
void CheckWhole(const storage::Experiment& experiment, Violations& violations);

}  // namespace mab::admin
