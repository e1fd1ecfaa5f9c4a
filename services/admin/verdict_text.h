// The verdict as a sentence that says what to do, and why, with the numbers in it.
//
// Thread safety: a pure function.
#pragma once

#include <string>

#include "admin/report.h"
#include "storage/experiment.h"

namespace mab::admin {

// Plain English, one to four sentences. `report` is this experiment's.
std::string VerdictText(const storage::Experiment& experiment, const Report& report);

// What comparing within hours says, beside comparing all exposures alike.
std::string ComparisonText(const storage::Experiment& experiment, const Report& report);

}  // namespace mab::admin
