// The table variant_totals: what each variant has counted. The drainer writes it; posteriors and
// analytics are made of it. Every function runs in the caller's transaction.
//
// Thread safety: stateless; a PgConnection belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/postgres.h"
#include "common/uuid.h"

namespace mab::storage {

struct VariantTotals {
  ExperimentId experiment_id;
  size_t variant_index = 0;
  // Trials, and conversions credited to them.
  uint64_t exposures = 0;
  uint64_t conversions = 0;
};

class TotalsStore {
 public:
  // Of the variants of `ids` that have counted something, by experiment and variant index.
  static absl::StatusOr<std::vector<VariantTotals>> GetMany(PgConnection& db,
                                                            const std::vector<ExperimentId>& ids);
};

}  // namespace mab::storage
