// Entries made by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "assignment/sticky_map.h"
#include "assignment/testing/sample_snapshot.h"

namespace mab::assignment {

inline StickyKey KeyNumber(uint32_t number) {
  StickyKey key{SampleExperimentId(1), {}};
  for (size_t i = 0; i < 4; ++i) key.user.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return key;
}

inline StickyEntry SampleEntry() {
  StickyEntry entry;
  entry.variant_index = 3;
  entry.version = 1000;
  entry.propensity = 0.25;
  entry.assigned_at = SampleTime();
  return entry;
}

inline void Put(StickyMap& map, const StickyKey& key, const StickyEntry& put) {
  map.WithEntry(key, [&](std::optional<StickyEntry>& entry) {
    entry = put;
    return true;
  });
}

}  // namespace mab::assignment
