// An experiment as JSON text, for the audit log: every field that a caller sees, named as in the
// API.
//
// Thread safety: a pure function.
#pragma once

#include <string>

#include "storage/experiment.h"

namespace mab::admin {

std::string ExperimentToJson(const storage::Experiment& experiment);

}  // namespace mab::admin
