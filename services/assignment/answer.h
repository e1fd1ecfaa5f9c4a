// What a caller is told, and what the journal must have done before he may be told.
//
// Thread safety: value types.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

// Journal sequences; 0 waits for nothing. A record that is written has all that it builds on written before it.
struct JournalWait {
  uint64_t written = 0;
  uint64_t synced = 0;
  // Of an answer that rests on records which do not build on one another (a batch): the others, all less than the
  // greatest. One of them can have failed although a later one is good, so each must be looked at.
  std::vector<uint64_t> others = {};

  // Waits for both.
  void Add(const JournalWait& more) {
    AddStep(more.written, written);
    AddStep(more.synced, synced);
    others.insert(others.end(), more.others.begin(), more.others.end());
  }
  friend bool operator==(const JournalWait&, const JournalWait&) = default;

 private:
  void AddStep(uint64_t more, uint64_t& greatest) {
    const uint64_t lesser = std::min(more, greatest);
    greatest = std::max(more, greatest);
    if (lesser != 0 && lesser != greatest) others.push_back(lesser);
  }
};

template <typename Answer>
struct Recorded {
  Answer answer;
  JournalWait wait;
};

// Why a user sees the variant.
enum class AssignReason {
  kDrawn,            // it is on record as his
  kWinner,           // the experiment is completed
  kPaused,           // he is new, and the experiment is paused
  kOutsideTraffic,   // he is outside the experiment's share of the traffic
  kVariantDisabled,  // his was disabled
  kBot,              // a machine asks: what would be drawn for it
  kForced,           // a preview
  kNoRoom,           // he is new, and no memory is left for more assignments
};

struct Assignment {
  std::shared_ptr<const SnapshotExperiment> experiment;
  size_t variant_index = 0;
  AssignReason reason = AssignReason::kDrawn;
  // This user had this assignment already.
  bool returning = false;
  // The user is a trial of the experiment, now or before.
  bool counted = false;
  // 1 where nothing is on record.
  double propensity = 1;
  // 0 where nothing is on record.
  uint64_t version = 0;
  // nullopt where nothing is on record.
  std::optional<absl::Time> assigned_at;
};

struct Exposure {
  // When the user became a trial; nullopt where he is none.
  std::optional<absl::Time> exposed_at;
};

struct Conversion {
  std::shared_ptr<const SnapshotExperiment> experiment;
  // The variant of record.
  size_t variant_index = 0;
  // It was on record before this call. Otherwise this call put it there.
  bool duplicate = false;
  bool credited = false;
  // The first one's time.
  absl::Time converted_at;
};

struct BatchError {
  std::string experiment;  // as the query named it
  absl::Status status;
};

struct BatchAssignment {
  std::vector<Assignment> assignments;
  std::vector<BatchError> errors;
};

struct AllAssignments {
  // Both in the order of the experiments' keys.
  std::vector<Assignment> assignments;
  std::vector<BatchError> errors;
  // Experiments that were left out: those of the last keys.
  size_t omitted = 0;
};

struct BatchExposure {
  struct Entry {
    std::string experiment;  // as the query named it
    Exposure exposure;
  };
  std::vector<Entry> exposures;
  std::vector<BatchError> errors;
};

}  // namespace mab::assignment
