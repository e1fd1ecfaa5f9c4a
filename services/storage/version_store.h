// The table current_versions: the version of each experiment that new users are drawn from. The
// refresher writes it, under its lock; snapshots and analytics read it. Every function runs in the
// caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bandit/draw_version.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct VersionNumber {
  ExperimentId experiment_id;
  uint64_t number = 0;
};

struct CurrentVersion {
  ExperimentId experiment_id;
  bandit::DrawVersion version;
};

class VersionStore {
 public:
  // Of every experiment that has a version: what changed is what differs.
  static absl::StatusOr<std::vector<VersionNumber>> ListNumbers(PgConnection& db);
  // Of those of `ids` that have one, in any order.
  static absl::StatusOr<std::vector<CurrentVersion>> GetMany(PgConnection& db,
                                                             const std::vector<ExperimentId>& ids);
  // Replaces the experiment's version. ABORTED where the table has this number or a later one
  // already: numbers only grow.
  static absl::Status Upsert(PgConnection& db, ExperimentId experiment_id,
                             const bandit::DrawVersion& version);
};

}  // namespace mab::storage
