// The true distribution of the time from an exposure to its conversion, in a simulation.
//
// Thread safety: value types and pure functions.
#pragma once

#include "common/error.h"

namespace mab::simulation {

enum class DelayKind { kNone, kExponential, kLogNormal };

struct DelayModel {
  DelayKind kind = DelayKind::kNone;
  // Of the delays, in seconds: above 0, at most 31,536,000. Ignored under kNone.
  double mean_seconds = 0;
  // Of the delay's logarithm under kLogNormal: above 0, at most 5. The median is mean ·
  // exp(−sigma²/2).
  double sigma = 1;
};

// P(delay <= seconds), 0 to 1. Under kNone 1 from 0 on.
double DelayedShare(const DelayModel& model, double seconds);

void CheckDelayModel(const DelayModel& model, Violations& violations);

}  // namespace mab::simulation
