// A row of current_versions or versions, whose columns are the same, as a version.
//
// Thread safety: pure functions.
#pragma once

#include "bandit/draw_version.h"
#include "common/postgres.h"

namespace mab::storage {

// The columns, for a SELECT.
inline constexpr char kVersionColumns[] =
    "version, policy, floor, salt, sampler_id, variant_ids, eligible, alphas, betas, weights, "
    "probabilities_best, allocations";

// A version without arms where the row is none: an unknown policy, or lists that are not of one
// length or have NULLs. (Nobody writes such a row but a hand in the table.)
bandit::DrawVersion ReadVersionRow(const PgResult& result, int row);

}  // namespace mab::storage
