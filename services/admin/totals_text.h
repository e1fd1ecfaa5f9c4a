// What `mab-admin totals` prints.
//
// Thread safety: pure functions.
#pragma once

#include <string>

#include "storage/totals_check.h"

namespace mab::admin {

enum class TotalsMode { kCompare, kRepair };

// A line a difference, as far as the report names them, how many more there are, and what it comes
// to. Ends with a newline.
std::string TotalsText(const storage::TotalsReport& report, TotalsMode mode);

}  // namespace mab::admin
