// What `mab-admin replay` prints. No visitor's id or whole hash is in it.
//
// Thread safety: a pure function.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "storage/replay_check.h"

namespace mab::admin {

// A line an experiment, a line each of the first disagreements, and what it comes to.
std::string ReplayText(const storage::ReplayReport& report, absl::Duration took);

}  // namespace mab::admin
