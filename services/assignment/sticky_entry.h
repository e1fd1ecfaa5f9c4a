// What is known of one user in one experiment.
//
// Thread safety: value types.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "bandit/user_hash.h"
#include "common/uuid.h"

namespace mab::assignment {

struct StickyKey {
  ExperimentId experiment;
  bandit::UserHash user;

  friend bool operator==(const StickyKey&, const StickyKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const StickyKey& key) {
    return H::combine(std::move(h), key.experiment, key.user);
  }
};

// A sequence of 0 belongs to a record that nothing can take back: it is on the disk, and no
// checkpoint that is being written ends before it.
struct StickyEntry {
  uint16_t variant_index = 0;
  uint64_t version = 0;
  double propensity = 0;  // 0 to 1
  absl::Time assigned_at;
  std::optional<absl::Time> exposed_at;
  std::optional<absl::Time> converted_at;
  // Of the conversion.
  bool credited = false;
  // The journal's record of each fact. An exposure at once has the assignment's.
  uint64_t assignment_sequence = 0;
  uint64_t exposure_sequence = 0;
  uint64_t conversion_sequence = 0;
  // Of the erasure that is being recorded; 0: none. Nothing is added to such an entry.
  uint64_t erasure_sequence = 0;

  // False for a user of whom only a later fact is known yet, while the map is being filled: whoever
  // is assigned had a chance to be.
  bool assignment_is_known() const { return propensity > 0; }
  // No record that it rests on can fail, and none about it is being written.
  bool is_settled() const {
    return (assignment_sequence | exposure_sequence | conversion_sequence | erasure_sequence) == 0;
  }

  friend bool operator==(const StickyEntry&, const StickyEntry&) = default;
};

}  // namespace mab::assignment
