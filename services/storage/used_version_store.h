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
  // Those of `numbers` that are there, by number. One whose row is no version has no arms. Numbers
  // past 2^63 are no version's.
  static absl::StatusOr<std::vector<bandit::DrawVersion>> GetMany(
      PgConnection& db, ExperimentId experiment_id, const std::vector<uint64_t>& numbers);
};

// Whether it is what was published, as far as that can be seen: something can be drawn from it, it
// has the first of the experiment's variants (`variants`, by index; later ones may have been added
// since), and what it stores is what its posteriors give (bandit::VersionDeviation).
bool IsAsPublished(const bandit::DrawVersion& version, const std::vector<VariantId>& variants);

}  // namespace mab::storage
