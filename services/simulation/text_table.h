// A table in plain text: aligned columns, the first to the left, the others to the right.
//
// Thread safety: pure functions.
#pragma once

#include <string>
#include <vector>

namespace mab::simulation {

// Rows of cells, the first is the heading; shorter rows end early. Each line ends in a line break,
// without trailing blanks. Cells are measured in bytes but for the continuation bytes of UTF-8.
std::string AlignTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace mab::simulation
