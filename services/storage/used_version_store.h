// The table versions: what was drawn from, as the journal had it. What a replay needs. Every
// function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "bandit/draw_version.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

class UsedVersionStore {
 public:
  // Those of `numbers` that are there, by number. One whose row is no version has no arms.
  static absl::StatusOr<std::vector<bandit::DrawVersion>> GetMany(
      PgConnection& db, ExperimentId experiment_id, const std::vector<uint64_t>& numbers);
};

}  // namespace mab::storage
