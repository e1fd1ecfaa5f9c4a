// Tells a torn end from a broken disk, where a segment stops being readable.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "assignment/segment_reader.h"

namespace mab::assignment {

enum class Damage {
  // What a crash leaves: nothing after the last good record is known to have been on disk. It may
  // be cut.
  kTornEnd,
  // A good record behind the damage says that the damaged place had been on disk: acknowledged
  // events are lost or
  // unreadable. Nothing may be cut.
  kBrokenMiddle,
};

// Reads all that follows the last good record of `segment`, byte by byte, for records that are
// whole. REQUIRES: segment.Next() said kDamaged, and it is the last segment of its journal (any
// other was synced before the next was begun, so damage there is never a crash's).
absl::StatusOr<Damage> JudgeDamage(const SegmentReader& segment);

}  // namespace mab::assignment
