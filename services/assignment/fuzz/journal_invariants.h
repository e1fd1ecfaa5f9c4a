// What must hold of every directory, whatever bytes are in it. Aborts, saying what does not hold.
#pragma once

#include <string>
#include <vector>

#include "assignment/fuzz/fuzzed_segments.h"

namespace mab::assignment {

// `directory` has exactly `files`. It is changed: a torn end is cut, and a record appended, to see
// that a journal goes on.
void CheckJournal(const std::string& directory, const std::vector<FuzzedFile>& files);

}  // namespace mab::assignment
