// How a message of the snapshot stream changes what is known.
//
// A full update replaces the set; another one replaces experiments by id. In both:
// - of two states of an experiment the one with the greater (revision, version number) stays,
// whatever came last;
// - an experiment that was refused (it could not be decoded) stays as it was known;
// - no two experiments share a key: one that asks for the key of another is refused, with an error
// in the log;
// - API keys that were read earlier than those that are known change nothing.
//
// Thread safety: a pure function, but for the log.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "assignment/snapshot.h"

namespace mab::assignment {

struct SnapshotUpdate {
  bool full = false;
  absl::Time created_at;
  std::string database_id;
  std::vector<std::shared_ptr<const SnapshotExperiment>> experiments;
  // In the message, but not fit for use.
  std::vector<ExperimentId> refused;
  // Gone: deleted drafts.
  std::vector<ExperimentId> removed;
  // All that there are; null: those that are known stay.
  std::shared_ptr<const CallerKeys> caller_keys;
};

// `known` may be null: nothing is known yet.
std::shared_ptr<const Snapshot> MergeSnapshot(const Snapshot* known, const SnapshotUpdate& update);

}  // namespace mab::assignment
