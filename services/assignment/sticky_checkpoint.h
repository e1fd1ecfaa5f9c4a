// A file with the sticky map as it was before the journal beside it began. Together they are
// complete: a start that finds both needs no database.
//
// The format, little-endian: 8 bytes magic; records of 75 bytes; the number of records, 8 bytes;
// CRC32C of all before, 4 bytes. A record: experiment id 16, user hash 16, variant index 2, version
// 8, propensity 8, times of assignment, exposure and conversion 8 each (unix microseconds; the
// smallest number for none), credited 1.
//
// Thread safety: pure functions on a thread-safe map.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assignment/sticky_map.h"

namespace mab::assignment {

// Writes the facts of earlier runs (sequence 0): what this run adds is the journal's, and may yet
// fail to be written.
absl::Status WriteStickyCheckpoint(const StickyMap& sticky_map, const std::string& path);

// Adds the file's entries to the map. False where there is no file. DATA_LOSS when it is damaged:
// nothing was added.
absl::StatusOr<bool> LoadStickyCheckpoint(const std::string& path, StickyMap& sticky_map);

}  // namespace mab::assignment
