// One visitor's assignment of record, from PostgreSQL, and its proof: the draw made again from the
// version alone.
//
// Thread safety: a value type and pure functions, but for the pool, which is thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bandit/draw.h"
#include "bandit/draw_version.h"
#include "bandit/replay.h"
#include "common/postgres.h"
#include "storage/assignment_store.h"
#include "storage/experiment.h"
#include "storage/user_key.h"

namespace mab::admin {

struct LookupQuery {
  std::string id_or_key;
  // 1 to 256 bytes. It goes no further than to its hash.
  std::string user_id;
  bool replay = false;
};

struct AssignmentProof {
  // nullopt: mab.versions does not have it.
  std::optional<bandit::DrawVersion> version;
  // Of a version that is there.
  bandit::ReplayOutcome outcome = bandit::ReplayOutcome::kNotDrawable;
  // storage::IsAsPublished.
  bool as_published = false;
  // nullopt where nothing can be drawn.
  std::optional<bandit::DrawExplanation> draw;

  bool agrees() const { return as_published && outcome == bandit::ReplayOutcome::kAgrees; }
};

struct AssignmentLookup {
  storage::Experiment experiment;
  storage::StoredAssignment assignment;
  // Where it was asked for.
  std::optional<AssignmentProof> proof;
};

// INVALID_ARGUMENT naming `user_id`, EXPERIMENT_NOT_FOUND, ASSIGNMENT_NOT_FOUND.
absl::StatusOr<AssignmentLookup> LookUpAssignment(PgPool& pool, const storage::UserKey& key,
                                                  const LookupQuery& query);

// What the replay has found, in a sentence.
std::string FindingText(const AssignmentLookup& lookup);

}  // namespace mab::admin
