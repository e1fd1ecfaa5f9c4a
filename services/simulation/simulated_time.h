// Time in a simulation: a double of seconds or days since the experiment's start.
//
// Thread safety: constants.
#pragma once

namespace mab::simulation {

inline constexpr double kSecondsPerDay = 86'400;

// Relative: times that should be equal, and are but for rounding, differ by less.
inline constexpr double kTimeTolerance = 1e-9;

}  // namespace mab::simulation
