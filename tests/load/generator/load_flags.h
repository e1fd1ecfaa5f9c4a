// The options that both generators have: how long, and which calls (call_plan.h).
#pragma once

#include <cstdint>

#include "absl/flags/declare.h"
#include "call_plan.h"

ABSL_DECLARE_FLAG(double, seconds);

namespace mab::load {

// The plan of one of several workers, which has that many calls under way at a time.
CallPlan::Options PlanOfFlags(uint64_t worker, uint64_t workers, uint64_t calls_in_flight);

}  // namespace mab::load
