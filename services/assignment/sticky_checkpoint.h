// A file with the sticky map as it was after one record of the journal beside it. With the records
// after that one it is complete: a start that finds both needs no database, and segments before it
// can go.
//
// The format, little-endian: 8 bytes magic; the journal's id, 16; the sequence of the last record
// that is in it, 8; the last sequence that was known to be in PostgreSQL, 8; entries of 75 bytes;
// the number of entries, 8 bytes; CRC32C of all before, 4. An entry: experiment id 16, user hash
// 16, variant index 2, version 8, propensity 8, times of assignment, exposure and conversion 8 each
// (unix microseconds; the smallest number for none), credited 1.
//
// Thread safety: functions on a thread-safe map, which may change meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assignment/sticky_map.h"
#include "common/uuid.h"

namespace mab::assignment {

struct CheckpointCover {
  Uuid journal_id;
  // All records of the journal up to this one are in the checkpoint, and none after it.
  uint64_t sequence = 0;
  // PostgreSQL had all records up to this one; it may have had more.
  uint64_t drained = 0;

  friend bool operator==(const CheckpointCover&, const CheckpointCover&) = default;
};

struct LoadedCheckpoint {
  CheckpointCover cover;
  uint64_t bytes = 0;
};

// The size of a checkpoint of so many entries.
uint64_t StickyCheckpointBytes(uint64_t entries);

// Writes what the map has of records up to cover.sequence, all of which are on the disk or have
// failed: `was_written` tells which. Returns the file's size in bytes. Errors: the file's.
absl::StatusOr<uint64_t> WriteStickyCheckpoint(const StickyMap& sticky_map,
                                               const CheckpointCover& cover,
                                               absl::FunctionRef<bool(uint64_t)> was_written,
                                               const std::string& path);

// Adds the file's entries to the map, with a thread for each processor, eight at most. nullopt
// where there is no file. DATA_LOSS when it is damaged, or of a form that this build does not know:
// nothing was added.
absl::StatusOr<std::optional<LoadedCheckpoint>> LoadStickyCheckpoint(const std::string& path,
                                                                     StickyMap& sticky_map);

}  // namespace mab::assignment
